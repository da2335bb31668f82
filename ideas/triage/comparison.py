"""An idea beside those that may say the same: how likely, why, and what a merge would give."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from ideas.likeness import why
from ideas.models import Idea, Refused, Verdict, group
from search.engines.base import EVERYTHING
from search.find import Query, find
from search.highlight import Highlight, Parts, highlighted, marked
from search.operators import reference
from search.similar import similar_to
from search.text import terms

SHOWN = 6
# Less likely ones would only teach moderators not to look.
LEAST = 0.1
LIKELIHOOD = {
    "certain": _("Almost certainly the same idea"),
    "propose": _("Probably the same idea"),
    "warn": _("Perhaps the same idea"),
    "weak": _("A neighbouring subject"),
}


@dataclass(frozen=True)
class Candidate:
    """An idea that may say the same; found by words of the moderator, it has no likelihood."""

    idea: Idea
    marks: Highlight
    likely: object = ""
    percent: int | None = None
    why: list[str] = field(default_factory=list)


def candidates(idea: Idea) -> list[Candidate]:
    """The ideas most like this one, published or not, likeliest first; a group by its head."""
    matches = similar_to(str(idea.pk), scope=EVERYTHING, n=2 * SHOWN)
    heads = _heads(int(match.key) for match in matches)
    apart = Verdict.objects.others_than(idea, {int(match.key) for match in matches})
    said = _said(idea)
    found: dict[int, Candidate] = {}
    for match in matches:
        head = heads.get(int(match.key))
        if match.probability < LEAST and match.band == "weak":
            continue
        if head is None or head.pk in {idea.pk, idea.canonical_id, *found, *apart}:
            continue
        found[head.pk] = Candidate(
            head,
            highlighted(head.title, head.body, said),
            LIKELIHOOD.get(match.band, ""),
            round(100 * match.probability),
            why(match, head),
        )
    return list(found.values())[:SHOWN]


def searched(idea: Idea, text: str) -> list[Candidate]:
    """The ideas that a moderator looks for by words or by reference."""
    if key := reference(text):
        keys = [key]
    else:
        keys = find(Query(text, order="relevance", size=SHOWN, public=False)).keys
    said, heads = _said(idea), _heads(map(int, keys))
    unique = {head.pk: head for key in keys if (head := heads.get(int(key)))}
    return [
        Candidate(head, highlighted(head.title, head.body, said))
        for head in unique.values()
        if head.pk != idea.pk
    ]


def _heads(keys: Iterable[int]) -> dict[int, Idea]:
    """For each key the idea, or the one it is merged into; none that its author withdrew."""
    rows = Idea.objects.filter(pk__in=list(keys)).exclude(state=Idea.State.WITHDRAWN)
    rows = rows.select_related("canonical__theme", "canonical__entity", "theme", "entity")
    return {row.pk: row.canonical or row for row in rows}


def _said(idea: Idea) -> list[str]:
    return terms(f"{idea.title}\n{idea.body}")


@dataclass(frozen=True)
class Side:
    """One of two ideas, with the words marked that the other one has too."""

    idea: Idea
    title: Parts
    body: Parts


@dataclass(frozen=True)
class Comparison:
    """Two ideas side by side, and exactly what merging them would give."""

    idea: Idea
    other: Idea

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        return self._side(self.idea, self.other), self._side(self.other, self.idea)

    @staticmethod
    def _side(one: Idea, other: Idea) -> Side:
        said = _said(other)
        return Side(one, marked(one.title, said), marked(one.body, said))

    @cached_property
    def supporters(self) -> int:
        """Distinct people over both groups."""
        return self.idea.supporters_if_merged_into(self.other)

    @property
    def shared(self) -> int:
        """How many people back both."""
        return self.idea.support + self.other.support - self.supporters

    @cached_property
    def into(self) -> Refused | None:
        """Why this idea cannot join the other one; None where it can."""
        return self._refusal(self.idea, self.other)

    @cached_property
    def backwards(self) -> Refused | None:
        """Why the other one cannot join this idea; None where it can."""
        return self._refusal(self.other, self.idea)

    @staticmethod
    def _refusal(source: Idea, target: Idea) -> Refused | None:
        try:
            source.check_decision("merge")
        except Refused as refusal:
            return refusal
        return group.refusal(source, target)
