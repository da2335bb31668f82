"""The ideas of a search that were published lately."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ideas.listing import Listing
from ideas.models import Idea
from search.find import find


@dataclass(frozen=True)
class Newcomers:
    """`ideas`: keys and times of publication; what is older than `since` was not looked at."""

    ideas: Sequence[tuple[int, datetime]] = ()
    since: datetime = datetime.min.replace(tzinfo=UTC)


NONE = Newcomers()


def published_after(after: datetime, listing: Listing, most: int) -> Newcomers:
    """The newest ideas that the listing has and that were published after then, in one search.

    What is shown where no idea has the words, or in place of an unknown word, does not count: an
    alert is about what was asked for.
    """
    found = find(replace(listing.newest(), size=most))
    if found.relaxed or found.correction:
        return NONE
    rows = Idea.objects.listed().filter(pk__in=[int(key) for key in found.keys])
    new = rows.filter(published_at__gt=after).values_list("pk", "published_at")
    ideas = [(pk, at) for pk, at in new if at is not None]
    if len(found.keys) < most:
        return Newcomers(ideas)
    last = rows.order_by("published_at").values_list("published_at", flat=True).first()
    return Newcomers(ideas, last or after)
