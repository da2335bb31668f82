"""The counters that ideas carry, derived once more from the rows that they count.

The rules keep counters right one change at a time; this reads everything, batch by batch, with
the same formulas, and finds nothing unless somebody wrote past the rules.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isclose

from ideas import documents
from ideas.models import Audience, Idea, Vote
from ideas.models.idea import COUNTERS
from ideas.models.vote import Cast, counting, tallied
from search.models import Document

BATCH = 500

# Asked for the number of comments of these ideas by whoever keeps comments: a layer above.
CommentCounter = Callable[[Sequence[int]], dict[int, int]]
comment_counters: list[CommentCounter] = []


@dataclass(frozen=True)
class Difference:
    """What an idea or its search document says, and what its rows say."""

    idea: int
    name: str
    stored: object
    derived: object

    def __str__(self) -> str:
        return f"T-{self.idea:06d} {self.name}: {self.stored!r}, should be {self.derived!r}"


def differences(*, repair: bool = False) -> Iterator[tuple[int, list[Difference]]]:
    """How many ideas were read so far, and what is wrong with them; memory does not grow.

    What looks wrong is read again with its group locked: a vote cast meanwhile is no difference.
    """
    read, keys = 0, Idea.objects.order_by("pk").values_list("pk", flat=True)
    batch = list(keys[:BATCH])
    while batch:
        suspects = sorted({found.idea for found in _compared(batch)})
        read += len(batch)
        yield read, [one for key in suspects for one in _confirmed(key, repair=repair)]
        batch = list(keys.filter(pk__gt=batch[-1])[:BATCH])


def _confirmed(key: int, *, repair: bool) -> list[Difference]:
    idea = Idea.objects.get(pk=key)
    with idea.locked_head():
        found = _compared([key])
        if repair and found:
            row = idea.lock()
            for name, value in _derived([row])[key].items():
                setattr(row, name, value)
            row.save(update_fields=sorted(COUNTERS))
            documents.write(row)
        return found


def _compared(keys: Sequence[int]) -> list[Difference]:
    ideas = list(
        Idea.objects.filter(pk__in=keys).select_related(
            "theme", "moment", "channel", "campaign", "entity__region", "profession"
        )
    )
    told = Document.objects.defer("vector").in_bulk([str(idea.pk) for idea in ideas])
    derived = _derived(ideas)
    found = []
    for idea in ideas:
        found += _differing(idea.pk, "", vars(idea), derived[idea.pk])
        for name, value in derived[idea.pk].items():
            setattr(idea, name, value)
        document = told.get(str(idea.pk))
        stored = vars(document) if document and not document.deleted else {}
        found += _differing(idea.pk, "search.", stored, documents.fields(idea))
    return found


def _differing(
    key: int, where: str, stored: dict[str, object], derived: dict[str, object]
) -> list[Difference]:
    return [
        Difference(key, where + name, stored.get(name), value)
        for name, value in derived.items()
        if not _same(stored.get(name), value)
    ]


def _same(stored: object, derived: object) -> bool:
    # A vote adds to the rising score, a recount sums it up: the last bits may differ.
    if isinstance(stored, float) and isinstance(derived, float):
        return isclose(stored, derived, rel_tol=1e-9, abs_tol=1e-9)
    return stored == derived


def _derived(ideas: Sequence[Idea]) -> dict[int, dict[str, object]]:
    """The counters of these ideas, from the votes, comments and views of their groups."""
    keys = [idea.pk for idea in ideas]
    votes = _votes(keys)
    viewers = Audience.objects.viewers(keys)
    own, total = _comments(ideas)
    return {
        key: {
            **tallied(counting(votes[key])),
            "own_comments": own[key],
            "comments_count": total[key],
            "views": viewers[key],
        }
        for key in keys
    }


def _comments(ideas: Sequence[Idea]) -> tuple[dict[int, int], dict[int, int]]:
    """By idea: the comments written on it, and those on it and on what is merged into it."""
    members = Idea.objects.filter(canonical__in=ideas).only("pk", "canonical", "own_comments")
    everyone = {idea.pk: idea for idea in [*ideas, *members]}
    own = {key: idea.own_comments for key, idea in everyone.items()}
    for counted in comment_counters:
        own = dict.fromkeys(everyone, 0) | counted(list(everyone))
    total = Counter(own)
    for key, idea in everyone.items():
        if idea.canonical_id in everyone:
            total[idea.canonical_id] += own[key]
    return own, total


def _votes(keys: Sequence[int]) -> defaultdict[int, list[Cast]]:
    """By idea: the votes for its group."""
    votes = defaultdict[int, list[Cast]](list)
    members = Idea.objects.in_groups_of(keys).values("pk")
    rows = Vote.objects.filter(idea__in=members).values_list(
        "idea", "idea__canonical", "person", "at", "pk", "entity"
    )
    for idea, canonical, person, at, key, entity in rows.iterator(chunk_size=2000):
        for group in (idea, canonical):
            if group is not None:
                votes[group].append(Cast(person, at, key, entity))
    return votes
