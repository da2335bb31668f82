"""The ideas of a search that were published lately."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ideas.listing import Listing
from ideas.models import Idea
from search import operators, synonyms
from search.find import find
from search.text import terms

# Of three words or more, so many must be there.
MOST_WORDS = 0.7


@dataclass(frozen=True)
class Newcomers:
    """`ideas`: keys and times of publication; what is older than `since` was not looked at."""

    ideas: Sequence[tuple[int, datetime]] = ()
    since: datetime = datetime.min.replace(tzinfo=UTC)


NONE = Newcomers()


def published_after(after: datetime, listing: Listing, most: int) -> Newcomers:
    """The newest ideas that the listing has and that were published after then, in one search.

    Those that say the same in other words do not count, nor those that are shown where no idea
    has the words: an alert is about what was asked for.
    """
    words = operators.wording(listing.text).words
    found = find(replace(listing.newest(), size=most))
    rows = Idea.objects.listed().filter(pk__in=[int(key) for key in found.keys])
    new = rows.filter(published_at__gt=after).values_list("pk", "published_at", "title", "body")
    ideas = [
        (pk, at)
        for pk, at, title, body in new
        if at is not None and says(f"{title}\n{body}", words)
    ]
    if len(found.keys) < most:
        return Newcomers(ideas)
    last = rows.order_by("published_at").values_list("published_at", flat=True).first()
    return Newcomers(ideas, last or after)


def says(text: str, words: str) -> bool:
    """The text has the words, or most of several; words that mean the same count as one."""
    groups = synonyms.expanded(words)
    said = set(terms(text))
    having = sum(any(said.issuperset(terms(way)) for way in group) for group in groups)
    return having >= (len(groups) if len(groups) <= 2 else math.ceil(MOST_WORDS * len(groups)))
