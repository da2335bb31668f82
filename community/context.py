from collections.abc import Callable
from functools import cache
from typing import cast

from django.http import HttpRequest

from accounts.models import User
from community import news


def unread_count(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """How many news wait; asked once, and only by a template that shows it."""

    @cache
    def count() -> int:
        person = getattr(request, "user", None)
        if person is None or not person.is_authenticated:
            return 0
        return news.count_unread(cast(User, person))

    return {"unread_count": count}
