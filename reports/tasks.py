from celery import shared_task

from reports.models import PERIODS, TrendReport


@shared_task
def make_reports() -> None:
    """Count the reports of the night, so that the first reader of the day does not wait."""
    for months in PERIODS:
        TrendReport.make(months)
