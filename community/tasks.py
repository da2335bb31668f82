from celery import shared_task


@shared_task
def tell(event_id: int) -> None:
    """Tell everybody whom an event concerns; done twice, it changes nothing."""
    from community.models import Untold

    Untold.tell(event_id)


@shared_task
def sweep() -> None:
    """Tell people what lost wake-ups left, and forget the texts of comments removed for good."""
    from community.models import Comment, Untold

    Untold.objects.tell()
    Comment.objects.forgettable().update(body="")
