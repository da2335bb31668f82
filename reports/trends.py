"""Months, medians and what may be shown: pure, without database or clock."""

from collections.abc import Iterable
from datetime import date, datetime
from statistics import median
from zoneinfo import ZoneInfo

FEWEST_PEOPLE = 5
"""A cell of fewer people is not shown: it could be traced to them."""


def month_starts(now: datetime, months: int, zone: ZoneInfo) -> list[datetime]:
    """The first instants of the last `months` calendar months and of the next, oldest first."""
    today = now.astimezone(zone)
    last = today.year * 12 + today.month  # the month after this one, counted from zero
    starts = (divmod(last - back, 12) for back in range(months, -1, -1))
    return [datetime(year, month + 1, 1, tzinfo=zone) for year, month in starts]


def month_name(start: datetime) -> str:
    """The key of a month: 2026-03."""
    return date(start.year, start.month, 1).strftime("%Y-%m")


def may_show(people: int) -> bool:
    """Whether figures about that many distinct people may be shown: nobody at all, or enough."""
    return people == 0 or people >= FEWEST_PEOPLE


def days_to_answer(pairs: Iterable[tuple[datetime, datetime]]) -> float | None:
    """Median days between handing in and first answer; None without answers."""
    days = [(answered - submitted).total_seconds() / 86_400 for submitted, answered in pairs]
    return round(median(days), 1) if days else None
