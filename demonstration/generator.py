"""Grow the hand-written demonstration ideas to a reference scale, in plausible French.

A proposal is a need (an object and what is wrong with it), one of its remedies, and the details
that narrow it (a public, a moment, a kind of place). Everything else is voice: which phrasing,
which cause, an opening, a story, a tone, slips of the keyboard. Hence the labels: two rows of one
proposal are true duplicates, two rows of one need with different remedies are near misses.

Pure: the rows depend on (seeds, total, seed) alone, and a smaller total is a prefix of a larger.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, chain, count, islice
from math import exp, gcd
from random import Random
from typing import Any

from demonstration.vocabulary import Detail, Need, needs
from demonstration.voice import Writer

Row = dict[str, Any]

BLOCK = 100  # rows planned together: a group has its second member in the block of its first
POPULAR = 160  # needs whose first remedy many people send, in its bare form


@dataclass(frozen=True, eq=False)
class Slot:
    """A row to be written: its proposal, its labels and the seed of its first words."""

    need: Need
    remedy: int
    details: tuple[Detail, ...]
    words: int
    group: str | None = None
    near: "Slot | None" = None

    def written(self, rng: Random) -> Row:
        remedy = self.need.remedies[self.remedy]
        return Writer(self.need, remedy, self.details, Random(self.words), rng).row()


def grow(seeds: Sequence[Row], total: int, seed: int = 2026) -> Iterator[Row]:
    """The ``seeds`` unchanged, then generated rows, ``total`` rows in all.

    Rows have the columns of the hand-written data. Groups are complete whenever ``total`` is a
    multiple of ``BLOCK``; otherwise the last, cut block may leave a few groups with one member.
    Raises ``ValueError`` when the grammar has no unused proposal left (beyond a million rows).
    """
    return islice(chain(seeds, _rows(len(seeds), Random(f"{seed}"))), total)


def popularity(n: int, rng: Random) -> list[int]:
    """Votes of ``n`` ideas, in random order: a Lomax law taken at its quantiles.

    Mean about 11 and, at 45,000 ideas, a maximum of about 4,000, whatever the ``rng``.
    """
    shape, scale = 1.9, 10.4
    votes = [int(scale * ((n / (n - rank - 0.5)) ** (1 / shape) - 1)) for rank in range(n)]
    rng.shuffle(votes)
    return votes


def months(n: int, rng: Random, days: int = 425, weekday: int = 0) -> list[int]:
    """Day of submission of ``n`` ideas, 0 (the oldest) to ``days`` - 1, in random order.

    A launch that fades, a campaign peak before two thirds of the period, quiet week-ends.
    ``weekday`` is that of day 0, Monday being 0.
    """
    week = (1.15, 1.1, 1.0, 1.0, 0.85, 0.35, 0.12)
    launch = [2.5 * exp(-day / 12) for day in range(days)]
    campaign = [5.0 * exp(-(((day - days * 0.58) / 14) ** 2)) for day in range(days)]
    pace = [week[(weekday + day) % 7] * (1 + launch[day] + campaign[day]) for day in range(days)]
    return rng.choices(range(days), pace, k=n)


@dataclass
class Proposals:
    """Draws proposals, none twice: memory is one counter per need, not one entry per row."""

    rng: Random
    drawn: dict[Need, int] = field(default_factory=dict)
    opened: dict[Need, str] = field(default_factory=dict)
    groups: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.needs = self.rng.sample(needs(), len(needs()))
        ranks: Counter[str] = Counter()
        odds = []
        for need in self.needs:
            ranks[need.theme] += 1
            odds.append(need.weight / (ranks[need.theme] + 5))
        self.odds = list(accumulate(odds))
        self.popular = self.rng.sample(self.needs, POPULAR)
        self.popular_odds = list(accumulate(1 / (rank + 8) for rank in range(POPULAR)))
        self.reserved = frozenset(self.popular)

    def plan(self, size: int) -> list[Slot]:
        """The slots of one block: about one row in eight belongs to a group of duplicates."""
        slots: list[Slot] = []
        if size >= 30:
            for _ in range(round(size * 0.05)):
                slots += self.common()
            for members in self.rng.choices((2, 3, 4), (75, 20, 5), k=round(size * 0.034)):
                slot = self.fresh(group=self.label())
                slots += [slot, *(self.again(slot) for _ in range(members - 1))]
            for _ in range(round(size * 0.02)):
                slot = self.fresh()
                slots += [slot, self.fresh(near=slot)]
        slots += [self.fresh() for _ in range(size - len(slots))]
        self.rng.shuffle(slots)
        return _originals_first(slots)

    def label(self) -> str:
        return f"gen-group-{next(self.groups):05d}"

    def fresh(self, group: str | None = None, near: Slot | None = None) -> Slot:
        """A proposal never drawn before; ``near`` another one, of the same need if it has any."""
        if near and (drawn := self.next_of(near.need)) and drawn[0] != near.remedy:
            return Slot(near.need, *drawn, near.words, group, near)
        for attempt in range(1_000):
            need = self.rng.choices(self.needs, cum_weights=self.odds)[0]
            if drawn := self.next_of(need, kinds=2 if attempt < 50 else 3):
                return Slot(need, *drawn, self.rng.getrandbits(32), group)
        raise ValueError("The grammar has no unused proposal left for so many rows.")

    def next_of(self, need: Need, kinds: int = 2) -> tuple[int, tuple[Detail, ...]] | None:
        """The next remedy and details of a need, none twice, two in a row differing in remedy.

        ``kinds`` of narrowings are used up in order, so the oddest only serve immense scales.
        """
        turn = self.drawn.get(need, 0)
        first = int(need in self.reserved)
        remedies = len(need.remedies) - first
        for details in need.narrowings[:kinds]:
            room = remedies * len(details)
            if turn < room:
                self.drawn[need] = self.drawn.get(need, 0) + 1
                at = (turn * _stride(room) + room // 3) % room
                return first + at % remedies, details[at // remedies]
            turn -= room
        return None

    def again(self, slot: Slot) -> Slot:
        return Slot(slot.need, slot.remedy, slot.details, self.rng.getrandbits(32), slot.group)

    def common(self) -> list[Slot]:
        """One more voice for a widely shared proposal, two voices the first time."""
        need = self.rng.choices(self.popular, cum_weights=self.popular_odds)[0]
        voices = 1
        if need not in self.opened:
            self.opened[need] = self.label()
            voices = 2
        group = self.opened[need]
        return [Slot(need, 0, (), self.rng.getrandbits(32), group) for _ in range(voices)]


@cache
def _stride(room: int) -> int:
    """A step that visits every index below ``room`` once, far from the one before."""
    return next(step for step in count(int(room * 0.618) | 1) if gcd(step, room) == 1)


def _originals_first(slots: list[Slot]) -> list[Slot]:
    """A near miss names its original by key, so the original must already have one."""
    place = {id(slot): at for at, slot in enumerate(slots)}
    for slot in list(slots):
        if slot.near and (original := place[id(slot.near)]) > (at := place[id(slot)]):
            slots[at], slots[original] = slots[original], slots[at]
    return slots


def _rows(start: int, rng: Random) -> Iterator[Row]:
    proposals = Proposals(rng)
    number = 0
    while True:
        slots = proposals.plan(BLOCK - (start + number) % BLOCK)
        keys: dict[int, str] = {}
        for slot in slots:
            number += 1
            keys[id(slot)] = f"gen-{number:07d}"
            yield {
                "key": keys[id(slot)],
                **slot.written(rng),
                "group": slot.group,
                "near_miss_of": keys[id(slot.near)] if slot.near else None,
                "anonymous": rng.random() < 0.08,
            }
