"""The news of authors of anonymous ideas: found when they look, written down nowhere."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from community.models import Comment
from community.models.audience import FOR_AUTHORS, OF_ONE, Because, is_no_news
from ideas.models import Event, Idea, Seal
from ideas.models.event import EventQuerySet
from ideas.models.seal import is_mark_of
from pieces.memory import Memory

# What happened longer ago is in the news but no longer counted as new, also if never looked at.
NEW_FOR = timedelta(days=30)
# Of so many events one may be committed after a later one, and is looked at then.
LATE = 50
# Of an event or a seal: the head of the group in which its idea stands.
HEAD = Coalesce("idea__canonical_id", "idea_id")

Kind = Event.Kind


@dataclass(frozen=True)
class _Stirred:
    """A hidden idea in whose group something happened lately: its mark, the last event there."""

    idea: int
    mark: str
    last: int


# Seals are tried one by one, so each is tried once for a reader: by the last event until which
# that was done, the hidden ideas that turned out to be theirs. In this process's memory alone.
_own = Memory[tuple[int, frozenset[int]]](20_000, 3600)
_stirred_until = Memory[tuple[int, dict[int, _Stirred]]](1, 3600)


@dataclass(frozen=True)
class Heard:
    """An event to tell somebody of: its key and time, the head of its idea's group, and why."""

    event: int
    at: datetime
    head: int
    because: str


def news(person: User) -> Iterator[Heard]:
    """Everything to tell this person as a hidden author."""
    own = set(Seal.objects.of(person).values_list("idea_id", flat=True))
    return _heard(person, own, Event.objects.filter(kind__in=FOR_AUTHORS))


def new(person: User, seen: int, latest: int) -> Iterator[Heard]:
    """The same, of what happened lately and after the event `seen`; `latest` is the last of all."""
    if seen >= latest:
        return iter(())
    stirred = _stirred(latest)
    own = _own_of(person, stirred, latest)
    new = {each.idea for each in stirred if each.last > seen and each.idea in own} if own else set()
    return _heard(person, new, _lately().filter(pk__gt=seen)) if new else iter(())


def _own_of(person: User, stirred: Collection[_Stirred], latest: int) -> frozenset[int]:
    until, own = _own.get(person.pk) or (0, frozenset[int]())
    if until < latest:
        own |= {
            each.idea
            for each in stirred
            if each.last > until - LATE and is_mark_of(person, each.idea, each.mark)
        }
        _own.keep(person.pk, (latest, own))
    return own


def _lately() -> EventQuerySet:
    since = timezone.now() - NEW_FOR
    return Event.objects.filter(kind__in=FOR_AUTHORS, at__gte=since).order_by()


def _stirred(latest: int) -> Collection[_Stirred]:
    """The same for every reader, so each event is looked at once and not on every page."""
    until, stirred = _stirred_until.get("") or (0, {})
    if until < latest:
        stirred = stirred | _stirred_after(until - LATE)
        _stirred_until.keep("", (latest, stirred))
    return stirred.values()


def _stirred_after(event: int) -> dict[int, _Stirred]:
    last = dict(_lately().filter(pk__gt=event).values_list(HEAD).annotate(Max("pk")))
    members = Idea.objects.in_groups_of(list(last)).values("pk")
    seals = Seal.objects.filter(idea__in=members).values_list("idea_id", "mark", HEAD)
    return {idea: _Stirred(idea, mark, last.get(group, 0)) for idea, mark, group in seals}


def _heard(person: User, own: set[int], events: EventQuerySet) -> Iterator[Heard]:
    if not own:
        return
    groups = _Groups.of(own)
    events = events.filter(idea__in=groups.heads).exclude(
        Q(actor=person) | Q(kind__in=(Kind.ABSORBED, Kind.RELEASED), other__in=own)
    )
    rows = list(events.values_list("pk", "at", "idea_id", "kind", "data"))
    said = [data.get("comment") for _pk, _at, _idea, kind, data in rows if kind == Kind.COMMENTED]
    mine = {
        comment.pk
        for comment in Comment.objects.filter(pk__in=said).exclude(mark="")
        if comment.is_by(person)
    }
    for event, at, idea, kind, data in rows:
        because = groups.because(event, idea, kind)
        if because and not is_no_news(data) and data.get("comment") not in mine:
            yield Heard(event, at, groups.heads[idea], because)


@dataclass(frozen=True)
class _Groups:
    """The groups in which some ideas stand.

    `heads`: the head of each idea there; `joined`: the event by which an idea was merged.
    """

    own: set[int]
    heads: dict[int, int]
    joined: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, own: set[int]) -> "_Groups":
        heads = set(
            Idea.objects.filter(pk__in=own).values_list(Coalesce("canonical_id", "pk"), flat=True)
        )
        members = Idea.objects.filter(Q(pk__in=heads) | Q(canonical__in=heads))
        merges = Event.objects.filter(idea__in=members.values("pk"), kind=Kind.MERGED)
        return cls(
            own,
            dict(members.values_list("pk", Coalesce("canonical_id", "pk"))),
            dict(merges.order_by().values_list("idea").annotate(last=Max("pk"))),
        )

    def because(self, event: int, idea: int, kind: str) -> str:
        """Why the author of `own` is told; empty for what does not concern them."""
        if idea in self.own:
            return Because.AUTHOR
        head = self.heads[idea]
        if kind in OF_ONE or (idea != head and kind != Kind.COMMENTED):
            return ""
        # Before the ideas stood together, what happened to the one was no news for the other.
        together = min(self._since(own) for own in self.own if self.heads[own] == head)
        return Because.COAUTHOR if event > max(together, self._since(idea)) else ""

    def _since(self, idea: int) -> int:
        return self.joined.get(idea, 0) if self.heads[idea] != idea else 0
