"""Fetching with rights, for every view."""

from typing import cast

from django.http import Http404, HttpRequest

from accounts.models import User
from ideas.models import Idea, IdeaQuerySet


def person(request: HttpRequest) -> User:
    """The signed-in person; every page asks for sign-in unless it says otherwise."""
    return cast(User, request.user)


def wants_fragment(request: HttpRequest) -> bool:
    """htmx asks for a part of the page."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def readable_or_404(request: HttpRequest, pk: int, ideas: IdeaQuerySet | None = None) -> Idea:
    """The idea, if this person may read it: others do not even learn that it exists."""
    rows = Idea.objects.all() if ideas is None else ideas
    idea = rows.filter(pk=pk).select_related("seal").first()
    if idea is None or not idea.is_readable_by(person(request)):
        raise Http404
    return idea


def own_or_404(request: HttpRequest, pk: int) -> Idea:
    idea = readable_or_404(request, pk)
    if not idea.is_by(person(request)):
        raise Http404
    return idea
