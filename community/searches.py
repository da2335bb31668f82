"""The saved searches of a person, with what is new to each."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from community.models import Match, SavedSearch
from community.models.saved_search import MOST_NEW, MatchQuerySet
from ideas.listing import ORDERS, Listing, Taxonomy
from ideas.models import Idea, Seal


@dataclass(frozen=True)
class New:
    """What is new to one search: how many ideas, when the last was published, the last match."""

    count: int
    at: datetime
    match: int


@dataclass(frozen=True)
class Alert:
    """One line of the news: what is new to a search."""

    search: SavedSearch
    new: New

    @property
    def url(self) -> str:
        return f"{self.search.get_absolute_url()}?sort=new"

    @property
    def sentence(self) -> str:
        facts = {"n": counted(self.new.count), "name": self.search.name}
        return ngettext(
            "%(n)s new idea for “%(name)s”", "%(n)s new ideas for “%(name)s”", self.new.count
        ) % {**facts}


@dataclass(frozen=True)
class Row:
    """One saved search on the page that lists them; `whole` while all its filters exist."""

    search: SavedSearch
    listing: Listing
    whole: bool
    new: New | None

    @property
    def order(self) -> str:
        return str(ORDERS[self.listing.order].label)

    @property
    def new_url(self) -> str:
        return f"{self.search.get_absolute_url()}?sort=new"

    @property
    def new_in_words(self) -> str:
        count = self.new.count if self.new else 0
        return ngettext("%(n)s new idea", "%(n)s new ideas", count) % {"n": counted(count)}


def counted(count: int) -> str:
    """The number; beyond some it is not counted any further."""
    if count < MOST_NEW:
        return number_format(count, force_grouping=True)
    return _("more than %(n)s") % {"n": MOST_NEW - 1}


def rows(person: User) -> list[Row]:
    """All that this person has saved, by name."""
    taxonomy = Taxonomy.known()
    new = _new(person, Match.objects.unseen().filter(search__person=person))
    found = []
    for search in SavedSearch.objects.kept().filter(person=person):
        listing = search.listing(taxonomy)
        found.append(Row(search, listing, search.is_whole(listing), new.get(search.pk)))
    return found


def alerts(person: User) -> list[Alert]:
    """What the news say of this person's searches, the newest first."""
    new = _new(person, Match.objects.told(person))
    if not new:
        return []
    searches = SavedSearch.objects.in_bulk(list(new))
    found = [Alert(searches[key], fresh) for key, fresh in new.items() if key in searches]
    return sorted(found, key=lambda alert: (alert.new.at, alert.search.pk), reverse=True)


def _new(person: User, unseen: MatchQuerySet) -> dict[int, New]:
    """What is new to each search that has something: listed, and not the person's own.

    The author of an anonymous idea is recognised here, while they look, and nowhere else.
    """
    others = unseen.filter(idea__in=Idea.objects.listed()).exclude(idea__author=person)
    matches = others.order_by("pk").values_list(
        "search_id", "pk", "idea__published_at", "idea_id", "idea__seal__mark"
    )
    counts: Counter[int] = Counter()
    last: dict[int, tuple[datetime, int]] = {}
    for search, match, at, idea, mark in matches:
        if at is None or (mark and Seal(idea_id=idea, mark=mark).is_of(person)):
            continue
        counts[search] += 1
        last[search] = max(at, last[search][0] if search in last else at), match
    return {search: New(counts[search], *last[search]) for search in counts}


def saving_url(listing: Listing) -> str:
    return f"{reverse('community:save_search')}?{listing.query_string}"
