"""Probable duplicates as moderators are shown them: groups of pairs, likeliest first."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from django.core.cache import cache
from django.db.models import BigIntegerField, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from ideas.likeness import why
from ideas.models import Idea, Verdict, Vote
from ideas.triage.comparison import LIKELIHOOD, Comparison
from search.calibration import scorer
from search.models import Pair
from search.pairs import PairQuerySet
from search.similar import Match
from search.similarity import band

SIZE = 20
# So many members of a group are named; a page of their own shows all.
NAMED = 4
COUNT_SECONDS = 60
_COUNT = "triage:proposals"
# What can be merged, or merged into.
_STATES: list[str] = [
    Idea.State.SUBMITTED,
    Idea.State.NEEDS_DETAILS,
    Idea.State.PUBLISHED,
    Idea.State.ADOPTED,
]


def proposed(theme: str = "", region: str = "") -> PairQuerySet:
    """The pairs at moderators' threshold that nobody has merged or told apart."""
    judged = Verdict.objects.standing().filter(
        one=Cast(OuterRef("one_id"), BigIntegerField()),
        other=Cast(OuterRef("other_id"), BigIntegerField()),
        one_hash=OuterRef("one_hash"),
        other_hash=OuterRef("other_hash"),
    )
    pairs = Pair.objects.standing().likely(scorer().least("propose"))
    pairs = pairs.filter(one__state__in=_STATES, other__state__in=_STATES).filter(~Exists(judged))
    for field, slug in (("theme", theme), ("region", region)):
        if slug:
            pairs = pairs.filter(Q(**{f"one__{field}": slug}) | Q(**{f"other__{field}": slug}))
    return pairs


def how_many(theme: str = "", region: str = "") -> int:
    """How many groups there are; remembered for a minute, or until the next decision."""
    name = f"{_COUNT}:{theme}:{region}"
    version = cache.get_or_set(_COUNT, 1, None)
    count: int | None = cache.get(name, version=version)
    if count is None:
        count = proposed(theme, region).values("group").distinct().count()
        cache.set(name, count, COUNT_SECONDS, version=version)
    return count


def count_again() -> None:
    try:
        cache.incr(_COUNT)
    except ValueError:
        cache.set(_COUNT, 1, None)


@dataclass(frozen=True)
class Proposal:
    """A pair with its ideas; the weaker of the two comes first: it would join the other one."""

    pair: Pair
    weaker: Idea
    stronger: Idea

    @classmethod
    def of(cls, pair: Pair, ideas: dict[int, Idea]) -> "Proposal":
        both = [ideas[int(pair.one_id)], ideas[int(pair.other_id)]]
        return cls(pair, *sorted(both, key=_weight))

    @property
    def percent(self) -> int:
        return round(100 * self.pair.probability)

    @property
    def likely(self) -> object:
        return LIKELIHOOD[band(self.pair.probability, scorer())]

    @property
    def why(self) -> list[str]:
        match = Match(
            self.stronger.reference,
            self.pair.probability,
            band(self.pair.probability, scorer()),
            self.pair.shared,
            self.pair.by_meaning,
        )
        return why(match, self.stronger)

    @cached_property
    def comparison(self) -> Comparison:
        return Comparison(self.weaker, self.stronger)


def _weight(idea: Idea) -> tuple[object, ...]:
    """What speaks for an idea as the head of a merge: can be seen, votes, comments, age."""
    adopted = idea.state == Idea.State.ADOPTED
    return idea.is_visible, adopted, idea.support, idea.comments_count, -idea.pk


@dataclass(frozen=True)
class Group:
    """Pairs that hang together, likeliest first, and who backs their ideas."""

    proposals: list[Proposal]
    supporters: int

    @property
    def first(self) -> Proposal:
        return self.proposals[0]

    @cached_property
    def ideas(self) -> list[Idea]:
        """The ideas of the group, the strongest first."""
        both = [idea for p in self.proposals for idea in (p.stronger, p.weaker)]
        return sorted({idea.pk: idea for idea in both}.values(), key=_weight, reverse=True)

    @property
    def named(self) -> list[Idea]:
        return self.ideas[1 : 1 + NAMED]

    @property
    def unnamed(self) -> int:
        return max(0, len(self.ideas) - 1 - NAMED)


@dataclass(frozen=True)
class Page:
    """Groups after a place of the list, and the place after them ("" at the end)."""

    groups: list[Group]
    next: str


def page(after: str = "", theme: str = "", region: str = "") -> Page:
    pairs = proposed(theme, region)
    rows = pairs.values("group").annotate(best=Max("probability")).order_by("-best", "group")
    if at := _place(after):
        rows = rows.filter(Q(best__lt=at[0]) | Q(best=at[0], group__gt=at[1]))
    found = list(rows[: SIZE + 1])
    names = [row["group"] for row in found[:SIZE]]
    last = found[SIZE - 1] if len(found) > SIZE else None
    cursor = f"{last['best'].hex()}~{last['group']}" if last else ""
    return Page(_groups(pairs.filter(group__in=names), names), cursor)


def _groups(pairs: QuerySet[Pair], names: Collection[str]) -> list[Group]:
    by_group = defaultdict[str, list[Proposal]](list)
    for proposal in proposals(pairs.order_by("-probability", "pk")):
        by_group[proposal.pair.group].append(proposal)
    made = [Group(by_group[name], 0) for name in names if name in by_group]
    people = _people({idea.pk for group in made for idea in group.ideas})
    return [
        replace(group, supporters=len(set().union(*(people[i.pk] for i in group.ideas))))
        for group in made
    ]


def proposals(pairs: Iterable[Pair]) -> list[Proposal]:
    """The pairs with their ideas, in one query for all."""
    rows = list(pairs)
    keys = {int(key) for pair in rows for key in (pair.one_id, pair.other_id)}
    ideas = Idea.objects.for_cards().select_related("entity__region").in_bulk(keys)
    both = [pair for pair in rows if {int(pair.one_id), int(pair.other_id)} <= ideas.keys()]
    return [Proposal.of(pair, ideas) for pair in both]


def _people(keys: Collection[int]) -> dict[int, set[int]]:
    """For each idea, who backs it or one that is merged into it."""
    people: dict[int, set[int]] = {key: set() for key in keys}
    votes = Vote.objects.filter(idea__in=Idea.objects.in_groups_of(keys).values("pk"))
    for idea, head, person in votes.values_list("idea", "idea__canonical", "person"):
        people[head if head in people else idea].add(person)
    return people


def following(pair: Pair, theme: str = "", region: str = "") -> Pair | None:
    """What to look at after a pair: the rest of its group, then the next group, then the first."""
    pairs = proposed(theme, region).exclude(pk=pair.pk).order_by("-probability", "pk")
    if pair.group and (rest := pairs.filter(group=pair.group).first()):
        return rest
    later = Q(probability__lt=pair.probability) | Q(probability=pair.probability, pk__gt=pair.pk)
    return pairs.filter(later).first() or pairs.first()


def _place(cursor: str) -> tuple[float, str] | None:
    """None for the start, and for what no page has given out."""
    value, tilde, group = cursor.partition("~")
    try:
        return (float.fromhex(value), group.replace("\0", "")) if tilde else None
    except (ValueError, OverflowError):
        return None
