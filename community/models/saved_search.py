"""Searches that people save, and what has come since they last looked."""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, OuterRef, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User as Person
from community import newcomers
from ideas.listing import Listing, Taxonomy
from ideas.models import Idea, Refused
from prepared import PreparedObjects
from search.models import FACETS
from search.text import folded

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

LONGEST_NAME = 80
MOST_PER_PERSON = 30
# Beyond that, so many have come that nobody counts them.
MOST_NEW = 100
BATCH = 200
# An idea may reach the index long after its publication, while an engine is being repaired.
LOOKS_BACK = timedelta(days=1)
# After the last publication there is nothing to look for; transactions and indexes have caught up.
SETTLES_AFTER = timedelta(minutes=10)


_SAME = PreparedObjects(
    lambda person, marks: SavedSearch.objects.kept().filter(person=person, fingerprint__in=marks)
)


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def kept(self) -> Self:
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> Self:
        """Deleted by their owner, who can still take that back."""
        return self.filter(deleted_at__isnull=False)

    def due(self) -> Self:
        """Those for which something may have been published since they were last checked."""
        published = Idea.objects.listed().order_by("-published_at")
        newest = published.values_list("published_at", flat=True).first()
        if newest is None:
            return self.none()
        checked = Q(checked_at__lte=newest + SETTLES_AFTER)
        return self.kept().filter(checked, person__is_active=True)

    def in_batches(self, size: int = BATCH) -> Iterator[list[int]]:
        """All keys, some at a time; searches for the same stand together."""
        rows = self.order_by("fingerprint", "pk").values_list("fingerprint", "pk")
        batch = list(rows[:size])
        while batch:
            yield [pk for _fingerprint, pk in batch]
            same, last = batch[-1]
            batch = list(
                rows.filter(Q(fingerprint__gt=same) | Q(fingerprint=same, pk__gt=last))[:size]
            )

    def look_out(self) -> int:
        """Find what is new to each of these; how many could be checked. The rest stays due.

        Who searches for the same is served by one search.
        """
        same: defaultdict[str, list[SavedSearch]] = defaultdict(list)
        for search in self.kept().order_by("pk"):
            same[search.fingerprint].append(search)
        checked = 0
        for searches in same.values():
            try:
                checked += _look_out(searches)
            except Exception:
                logger.exception("Saved search %s could not be checked yet.", searches[0].pk)
        return checked


class SavedSearch(models.Model):
    """A search that a person comes back to, and is told of new ideas for if they wish."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches"
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    # What follows the question mark in the list's address.
    query = models.TextField(_("search"))
    # Of words and filters: the order changes nothing in what is found.
    fingerprint = models.CharField(max_length=32, editable=False, db_index=True)
    alerts = models.BooleanField(_("tell of new ideas"), default=True)
    created_at = models.DateTimeField(_("saved"), default=timezone.now)
    # What was published before is not looked at any more.
    since = models.DateTimeField(editable=False)
    checked_at = models.DateTimeField(editable=False, db_index=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "fingerprint"], name="search_saved_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("community:open_search", args=[self.pk])

    @classmethod
    def of(cls, person: "User", listing: Listing) -> "SavedSearch | None":
        """The person's saved search that finds the same, whatever its order."""
        found: SavedSearch | None = _SAME.get(person.pk, [_fingerprint(listing)])
        return found

    @classmethod
    def keep(cls, person: "User", listing: Listing, name: str = "") -> "tuple[SavedSearch, bool]":
        """Save what is listed; False with the first one where the same is saved already.

        Saved again in another order it stays one search, in that order. What is in the list now
        is not new.
        """
        if not listing.narrows:
            raise Refused(_("Type words or choose filters first."), code="empty")
        with transaction.atomic():
            _wait_for_turn(person)
            mark = _fingerprint(listing)
            known = cls.objects.filter(person=person, fingerprint=mark).first()
            if known and known.deleted_at is None:
                known.query = listing.query_string
                known.save(update_fields=["query"])
                return known, False
            _check_room(person)
            now = timezone.now()
            search = known or cls(person=person, fingerprint=mark)
            search.name = _named(name or listing.name[:LONGEST_NAME])
            search.query, search.deleted_at, search.alerts = listing.query_string, None, True
            search.created_at = search.checked_at = now
            search.since = now - LOOKS_BACK
            search.save()
        search.look()
        return search, True

    def rename(self, name: str) -> None:
        self.name = _named(name)
        self.save(update_fields=["name"])

    def set_alerts(self, wanted: bool) -> None:
        """Be told of what is new, or no longer."""
        self.alerts = wanted
        self.save(update_fields=["alerts"])

    def look(self) -> None:
        """The person looks at it: what can be found now is new no longer."""
        SavedSearch.objects.filter(pk=self.pk).look_out()
        self.matches.unseen().update(seen=True)

    def discard(self) -> None:
        """Put aside what `restore` brings back; what was deleted before is gone for good."""
        with transaction.atomic():
            older = SavedSearch.objects.deleted().filter(person_id=self.person_id)
            older.exclude(pk=self.pk).delete()
            self.deleted_at = timezone.now()
            self.save(update_fields=["deleted_at"])

    def restore(self) -> None:
        with transaction.atomic():
            _wait_for_turn(self.person)
            _check_room(self.person)
            self.deleted_at = None
            self.save(update_fields=["deleted_at"])

    def listing(self, taxonomy: Taxonomy | None = None) -> Listing:
        return Listing.asked(QueryDict(self.query), taxonomy or Taxonomy.known())

    def is_whole(self, listing: Listing) -> bool:
        """All its filters still exist: without one of them it would find anything."""
        asked = QueryDict(self.query)
        there = {**listing.filters, "author": list(listing.authors)}
        return not listing.doubts and all(
            key in there.get(name, ())
            for name in (*FACETS, "author")
            for key in asked.getlist(name)
        )


class MatchQuerySet(models.QuerySet["Match"]):
    def unseen(self) -> Self:
        return self.filter(seen=False)

    def told(self, person: "User | OuterRef") -> Self:
        """What the news of this person tell."""
        kept = {"search__deleted_at__isnull": True, "search__alerts": True}
        return self.unseen().filter(search__person=person, **kept)

    def note_seen(self, person: "User", match: int) -> None:
        """This person has read the news of their searches up to this match."""
        last = self.order_by("-pk").values_list("pk", flat=True).first() or 0
        told = self.told(person).filter(pk__lte=min(match, last))
        self.filter(pk__in=list(told.values_list("pk", flat=True))).update(seen=True)


class Match(models.Model):
    """An idea that a saved search found, once; not `seen`, it is new.

    Written for everybody's ideas alike, the person's own included: a row that is missing would
    give away who wrote an anonymous idea. Whoever shows them leaves out the reader's own.
    """

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="matches")
    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="+")
    seen = models.BooleanField(default=False)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("match of a saved search")
        verbose_name_plural = _("matches of saved searches")
        constraints = [models.UniqueConstraint(fields=["search", "idea"], name="matched_once")]
        indexes = [
            models.Index(fields=["search"], condition=Q(seen=False), name="match_unseen"),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} ← {self.idea_id}"


def _look_out(same: Sequence[SavedSearch]) -> int:
    """Check searches for the same: one question to search, few to the database."""
    now = timezone.now()
    floor = now - LOOKS_BACK
    listing = same[0].listing()
    found = newcomers.NONE
    if same[0].is_whole(listing):
        found = newcomers.published_after(min(max(s.since, floor) for s in same), listing, MOST_NEW)
    with transaction.atomic():
        # One that somebody else is checking now is left to them.
        rows = SavedSearch.objects.kept().filter(pk__in=[search.pk for search in same])
        claimed = list(rows.select_for_update(skip_locked=True, no_key=True))
        keys = [search.pk for search in claimed]
        _write_matches(claimed, found)
        known = Match.objects.filter(search__in=keys)
        known.filter(seen=True, idea__published_at__lte=floor).delete()
        for search in claimed:
            search.since, search.checked_at = max(search.since, floor, found.since), now
        SavedSearch.objects.bulk_update(claimed, ["since", "checked_at"])
    return len(claimed)


def _write_matches(searches: Sequence[SavedSearch], found: newcomers.Newcomers) -> None:
    if not found.ideas or not searches:
        return
    unseen = Match.objects.unseen().filter(search__in=[search.pk for search in searches])
    counts = dict(unseen.order_by().values_list("search").annotate(Count("pk")))
    Match.objects.bulk_create(
        (
            Match(search=search, idea_id=idea)
            for search in searches
            if counts.get(search.pk, 0) < MOST_NEW
            for idea, at in found.ideas
            if at > search.since
        ),
        batch_size=1_000,
        ignore_conflicts=True,
    )


def _fingerprint(listing: Listing) -> str:
    filters = sorted((name, sorted(slugs)) for name, slugs in listing.filters.items())
    filters += [("author", sorted(listing.authors))] if listing.authors else []
    words = repr((folded(listing.words), filters))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", " ").split())
    if not name:
        raise Refused(_("Give it a name."), code="required")
    if len(name) > LONGEST_NAME:
        params: dict[str, Any] = {"most": LONGEST_NAME}
        raise Refused(_("A name has at most %(most)s characters."), code="long", params=params)
    return name


def _wait_for_turn(person: "User") -> None:
    """Two savings of one person at once are counted one after the other."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def _check_room(person: "User") -> None:
    if SavedSearch.objects.kept().filter(person=person).count() >= MOST_PER_PERSON:
        params: dict[str, Any] = {"most": MOST_PER_PERSON}
        words = _("You have saved %(most)s searches, and no more fit: delete one first.")
        raise Refused(words, code="full", params=params)
