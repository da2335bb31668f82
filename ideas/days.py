from datetime import datetime

from django.utils import timezone


def this_day() -> datetime:
    """The beginning of today: what is known of when an author who stays anonymous did something.

    A minute could be matched with who was signed in then.
    """
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
