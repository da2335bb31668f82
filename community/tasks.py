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


@shared_task
def sweep_searches() -> None:
    """Have the saved searches checked that may have something new, some at a time.

    How far it came stands in the searches: what a lost task leaves, the next sweep finds.
    """
    from community.models import SavedSearch

    for keys in SavedSearch.objects.due().in_batches():
        look_out.delay(keys)


@shared_task
def look_out(keys: list[int]) -> None:
    """Find what is new to these saved searches; done twice, it changes nothing."""
    from community.models import SavedSearch

    SavedSearch.objects.due().filter(pk__in=keys).look_out()
