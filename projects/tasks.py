from celery import shared_task
from django.core.management import call_command


@shared_task
def publish_scheduled() -> None:
    """Publish the pages whose day has come, and take back those whose last day is over."""
    call_command("publish_scheduled")
