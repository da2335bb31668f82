"""The counts of a trend report, one grouped query per figure whatever the number of rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet

from ideas.models import Event, Idea, Vote
from reports.trends import days_to_answer, may_show, month_name, month_starts

ANSWERS = (
    Event.Kind.PUBLISHED,
    Event.Kind.DETAILS_ASKED,
    Event.Kind.DECLINED,
    Event.Kind.MERGED,
    Event.Kind.ADOPTED,
)

Row = dict[str, Any]


def count(months: int, now: datetime) -> Row:
    """The figures of the last `months` calendar months, this one included, ready for JSON.

    `months`: rows of month, ideas, votes, people, answers, days (median days to the first answer).
    `themes` and `regions`: rows of key, ideas, votes, people; figures that come from fewer than
    five people are left out (None) and said to be so (`hidden`).
    """
    starts = month_starts(now, months, ZoneInfo(settings.TIME_ZONE))
    span = Q(at__gte=starts[0], at__lt=starts[-1])
    ideas = Idea.objects.filter(submitted_at__gte=starts[0], submitted_at__lt=starts[-1])
    votes = Vote.objects.filter(span)
    return {
        "months": list(_by_month(starts)),
        "themes": list(_by_label(ideas, votes, "theme__slug")),
        "regions": list(_by_label(ideas, votes, "entity__region__slug")),
        "waiting": Idea.objects.awaiting_decision().count(),
        "people": _people(ideas, votes),
    }


def _people(ideas: QuerySet[Idea], votes: QuerySet[Vote]) -> int:
    """Distinct people who handed in or backed; authors of anonymous ideas are nobody here."""
    authors = ideas.filter(author__isnull=False).order_by().values("author")
    return votes.order_by().values("person").union(authors).count()


def _by_month(starts: list[datetime]) -> Iterator[Row]:
    answered = _first_answers(starts)
    for start, end in zip(starts, starts[1:], strict=False):
        ideas = Idea.objects.filter(submitted_at__gte=start, submitted_at__lt=end)
        votes = Vote.objects.filter(at__gte=start, at__lt=end)
        pairs = [(submitted, first) for submitted, first in answered if start <= first < end]
        yield {
            "month": month_name(start),
            "ideas": ideas.count(),
            "votes": votes.count(),
            "people": _people(ideas, votes),
            "answers": len(pairs),
            "days": days_to_answer(pairs),
        }


def _first_answers(starts: list[datetime]) -> list[tuple[datetime, datetime]]:
    """When each idea was handed in and first answered, for first answers within the period."""
    return list(
        Event.objects.filter(kind__in=ANSWERS, actor__isnull=False)
        .order_by()
        .values("idea")
        .annotate(first=Min("at"))
        .filter(first__gte=starts[0], first__lt=starts[-1])
        .values_list("idea__submitted_at", "first")
    )


def _by_label(ideas: QuerySet[Idea], votes: QuerySet[Vote], path: str) -> Iterator[Row]:
    ideas_of = dict(ideas.order_by().values_list(path).annotate(Count("pk")))
    votes_of = dict(votes.order_by().values_list(f"idea__{path}").annotate(Count("pk")))
    for key in sorted(
        (key for key in ideas_of.keys() | votes_of.keys() if key),
        key=lambda key: -ideas_of.get(key, 0),
    ):
        people = _people(ideas.filter(**{path: key}), votes.filter(**{f"idea__{path}": key}))
        row = {"ideas": ideas_of.get(key, 0), "votes": votes_of.get(key, 0), "people": people}
        if may_show(people):
            yield {"key": key, **row}
        else:
            yield {"key": key, **dict.fromkeys(row), "hidden": True}
