from celery import shared_task


@shared_task
def renew_copies() -> None:
    """Bring what documents copied in line with places and campaigns; done twice, no change."""
    from ideas import documents

    documents.renew_copies()
