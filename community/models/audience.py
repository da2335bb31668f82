"""Who is told of an event. Never its actor; and nobody is looked up who stays anonymous."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from community.models.comment import Comment
from community.models.follow import Follow
from ideas.models import Event, Idea, Vote
from ideas.models.queryset import IdeaQuerySet

Kind = Event.Kind


class Because(models.TextChoices):
    """What the idea is to the person."""

    AUTHOR = "author", _("it is theirs")
    COAUTHOR = "coauthor", _("theirs was merged into it")
    ANSWERED = "answered", _("their comment was answered")
    BACKER = "backer", _("they back it")
    FOLLOWER = "follower", _("they follow it")


# What those who back or follow an idea want to know, besides its authors.
_DECISIONS = frozenset(
    {
        Kind.PUBLISHED,
        Kind.DECLINED,
        Kind.REOPENED,
        Kind.MERGED,
        Kind.UNMERGED,
        Kind.ADOPTED,
        Kind.PROJECT_PUBLISHED,
        Kind.WITHDRAWN,
    }
)
# What its followers want to know as well: thousands of backers would hear of every word.
_TALK = frozenset({Kind.COMMENTED, Kind.ABSORBED})
# What its authors are told.
FOR_AUTHORS = (_DECISIONS - {Kind.WITHDRAWN}) | _TALK | {Kind.DETAILS_ASKED, Kind.RELEASED}
TOLD = FOR_AUTHORS | _DECISIONS
# What concerns one idea of a group only, not those that it is merged with.
OF_ONE = frozenset({Kind.MERGED, Kind.UNMERGED, Kind.DETAILS_ASKED})


def of(event: Event) -> dict[int, str]:
    """Everybody who is told of the event, each with the closest reason, by the person's key."""
    if is_no_news(event.data):
        return {}
    concerned = _concerned(event)
    people: dict[int, str] = {}
    if event.kind in _DECISIONS | _TALK:
        people |= dict.fromkeys(_followers(concerned), Because.FOLLOWER)
    if event.kind in _DECISIONS:
        people |= dict.fromkeys(_backers(concerned), Because.BACKER)
    if event.kind == Kind.COMMENTED:
        people |= dict.fromkeys(_answered(event), Because.ANSWERED)
    for person in _unwilling(concerned):
        people.pop(person, None)
    if event.kind in FOR_AUTHORS:
        people |= dict(_authors(event, concerned))
    people.pop(event.actor_id or 0, None)
    return people


def is_no_news(data: Mapping[str, Any]) -> bool:
    """An idea went from one group to another with the one that it is merged into."""
    return "back" in data


def _concerned(event: Event) -> IdeaQuerySet:
    idea = event.idea
    if event.kind in OF_ONE:
        return Idea.objects.filter(pk=idea.pk)
    head = idea.canonical if idea.canonical is not None else idea
    # Whoever has to do with an idea that came or went is told by that idea's own event.
    later = Event.objects.filter(kind=Kind.MERGED, idea__canonical=head, pk__gt=event.pk)
    return head.group().exclude(pk__in=later.values("idea"))


def _authors(event: Event, concerned: IdeaQuerySet) -> Iterable[tuple[int, str]]:
    signed = concerned.filter(author__is_active=True).values_list("pk", "author_id")
    for idea, author in sorted(signed, key=lambda row: row[0] == event.idea_id):
        if author is not None:
            yield author, Because.AUTHOR if idea == event.idea_id else Because.COAUTHOR


def _backers(concerned: IdeaQuerySet) -> QuerySet[Vote, int]:
    votes = Vote.objects.filter(idea__in=concerned, person__is_active=True)
    return votes.values_list("person_id", flat=True)


def _followers(concerned: IdeaQuerySet) -> set[int]:
    """Those who asked for it, and those who took part in the discussion under their name."""
    asked = Follow.objects.filter(idea__in=concerned, wanted=True, person__is_active=True)
    spoke = Comment.objects.standing().filter(idea__in=concerned, author__is_active=True)
    people = {*asked.values_list("person_id", flat=True)}
    return people.union(key for key in spoke.values_list("author_id", flat=True) if key)


def _unwilling(concerned: IdeaQuerySet) -> set[int]:
    """Those who asked to be told nothing more, of the whole group."""
    follows = Follow.objects.filter(idea__in=concerned)
    no = set(follows.filter(wanted=False).values_list("person_id", flat=True))
    return no - set(follows.filter(wanted=True).values_list("person_id", flat=True))


def _answered(event: Event) -> list[int]:
    replies = Comment.objects.filter(pk=event.data.get("comment"), reply_to__author__is_active=True)
    return [key for key in replies.values_list("reply_to__author_id", flat=True) if key]
