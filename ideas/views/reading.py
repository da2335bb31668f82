"""Fetching with rights, for every view."""

from typing import cast

from django.http import Http404, HttpRequest

from accounts.models import User
from ideas.models import Idea
from prepared import PreparedObjects

_IDEA = PreparedObjects(
    lambda _person, ideas: Idea.objects.filter(pk__in=ideas).select_related("seal")
)


def person(request: HttpRequest) -> User:
    """The signed-in person; every page asks for sign-in unless it says otherwise."""
    return cast(User, request.user)


def wants_fragment(request: HttpRequest) -> bool:
    """htmx asks for a part of the page."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def readable_or_404(request: HttpRequest, pk: int, question: PreparedObjects = _IDEA) -> Idea:
    """The idea, if this person may read it: others do not even learn that it exists.

    `question` is asked about the person and the key; it brings the seal along.
    """
    idea: Idea | None = question.get(person(request).pk, [pk])
    if idea is None or not idea.is_readable_by(person(request)):
        raise Http404
    return idea


def own_or_404(request: HttpRequest, pk: int) -> Idea:
    idea = readable_or_404(request, pk)
    if not idea.is_by(person(request)):
        raise Http404
    return idea
