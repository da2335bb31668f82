from django.conf import settings
from django.http import HttpRequest

from demonstration.staff import CAST


def demonstration(request: HttpRequest) -> dict[str, object]:
    """Whether this is the demonstration, and whom one can play there."""
    if not settings.DEMONSTRATION:
        return {}
    return {"demonstration": True, "demonstration_cast": CAST}
