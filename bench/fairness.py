"""Who gets seen, and what gets found, under each order of the list: `python -m bench.fairness`.

A simulation in which the true quality of each idea is known: the share of people who back it once
they see it. Ideas arrive over two months; people visit, look at the first pages of the list in the
order under test, and back what they like. In *waves*, half of the ideas and visits follow the
openings of two campaigns, and moderators publish three times a day; in *steady*, all arrive evenly.
At the end: how many of the truly best 100 are among the 100 first by the evidence gathered (best
backed; most votes), and how equally ideas were seen.

Everybody meets the same ideas, people and visits under each order. Colleagues of an idea's author
back it more readily than its quality says; places differ in size, as a postal company's do.
The formulas are the product's own: `ideas.ranking` and `search.draw`.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.record import record
from ideas import ranking
from search import draw

IDEAS, VISITS, PEOPLE, PLACES, DAYS = 5_000, 20_000, 10_000, 600, 60
PAGE, MOST_PAGES, GOES_ON = 20, 5, 0.35
BEST = 100
DAY = 24 * 3600.0
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What is the same under every order."""

    quality: Numbers
    born: Numbers
    home: NDArray[np.int64]
    place: NDArray[np.int64]
    visits: list[tuple[float, int, int]]

    @classmethod
    def made(cls, seed: int, waves: bool) -> "World":
        rng = np.random.default_rng(seed)
        # A few sorting centres, many small offices.
        size = 1 / np.arange(1, PLACES + 1) ** 0.8
        place = rng.choice(PLACES, PEOPLE, p=size / size.sum())
        times = np.sort(rng.uniform(0, DAYS * DAY, VISITS))
        born = np.sort(rng.uniform(0, DAYS * DAY, IDEAS))
        if waves:
            born = np.sort(np.ceil(_waves(rng, IDEAS) * 3 / DAY) * DAY / 3)
            times = np.sort(_waves(rng, VISITS))
        visitors = rng.integers(PEOPLE, size=VISITS)
        pages = np.minimum(rng.geometric(1 - GOES_ON, VISITS), MOST_PAGES)
        return cls(
            quality=rng.beta(1.2, 12, IDEAS),
            born=born,
            home=place[rng.integers(PEOPLE, size=IDEAS)],
            place=place,
            visits=list(zip(times.tolist(), visitors.tolist(), pages.tolist(), strict=True)),
        )

    def likes(self, person: int, ideas: NDArray[np.int64]) -> Numbers:
        """How probably the person backs each: colleagues of the author are partial."""
        quality = self.quality[ideas]
        at_home = self.home[ideas] == self.place[person]
        return np.where(at_home, np.minimum(1, 0.3 + 2 * quality), quality)

    @property
    def best(self) -> set[int]:
        return set(np.argsort(-self.quality)[:BEST].tolist())


def _waves(rng: np.random.Generator, n: int) -> Numbers:
    """Times of which half follow the openings of two campaigns, fading by e in five days."""
    opening = rng.choice([5, 35], n) * DAY
    wave = opening + rng.exponential(5 * DAY, n)
    calm = rng.uniform(0, DAYS * DAY, n)
    times = np.where(rng.random(n) < 0.5, wave, calm)
    return np.where(times < DAYS * DAY, times, calm)


@dataclass
class Evidence:
    """What the platform knows of the ideas."""

    world: World
    views: NDArray[np.int64] = field(default_factory=lambda: np.zeros(IDEAS, np.int64))
    support: NDArray[np.int64] = field(default_factory=lambda: np.zeros(IDEAS, np.int64))
    voices: Numbers = field(default_factory=lambda: np.zeros(IDEAS))
    rising: Numbers = field(default_factory=lambda: np.full(IDEAS, ranking.UNBACKED))
    backed: Numbers = field(default_factory=lambda: np.zeros(IDEAS))
    exploration: Numbers = field(default_factory=lambda: np.ones(IDEAS))
    seen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((PEOPLE, IDEAS), np.bool_))
    at_place: NDArray[np.int16] = field(default_factory=lambda: np.zeros((IDEAS, PLACES), np.int16))

    def look(self, person: int, ideas: NDArray[np.int64], at: float, mood: Numbers) -> None:
        """The person sees these ideas and backs some; whoever saw an idea before has decided."""
        new = ~self.seen[person, ideas]
        self.seen[person, ideas] = True
        self.views[ideas[new]] += 1
        for idea in ideas[new & (mood[ideas] < self.world.likes(person, ideas))].tolist():
            self.back(idea, int(self.world.place[person]), at)
        for idea in ideas[new].tolist():
            viewers = ranking.coarse(int(self.views[idea]))
            support, voices = int(self.support[idea]), float(self.voices[idea])
            self.backed[idea] = ranking.best_backed(voices, support, viewers)
            self.exploration[idea] = ranking.exploration(voices, support, viewers)

    def back(self, idea: int, place: int, at: float) -> None:
        before = int(self.at_place[idea, place])
        self.at_place[idea, place] += 1
        self.support[idea] += 1
        self.voices[idea] = ranking.voices_with(float(self.voices[idea]), before)
        when = ranking.RISING_EPOCH_SECONDS + at
        self.rising[idea] = ranking.rising_with(float(self.rising[idea]), when)


KEYS = np.array([draw.numbered(str(idea)) for idea in range(IDEAS)], np.uint64)
# What is known, how many ideas there are, who looks and on which day → what to sort by.
Order = Callable[[Evidence, int, int, int], Numbers]


def by(what: Callable[[Evidence], NDArray[Any]]) -> Order:
    """Highest first; where that is equal, the newest."""

    def order(known: Evidence, born: int, person: int, day: int) -> Numbers:
        return np.asarray(what(known)[:born] + np.arange(born) * 1e-12, np.float64)

    return order


def newest(known: Evidence, born: int, person: int, day: int) -> Numbers:
    return np.arange(born, dtype=np.float64)


def discover(known: Evidence, born: int, person: int, day: int) -> Numbers:
    return draw.places(f"{person}:{day}", KEYS[:born], known.exploration[:born])


def even_draw(known: Evidence, born: int, person: int, day: int) -> Numbers:
    return draw.places(f"{person}:{day}", KEYS[:born], np.ones(born))


def former_bonus(known: Evidence, born: int, person: int, day: int) -> Numbers:
    """1 + 7·2^(-views/5), as Polis has it and as *discover* was before."""
    weights: Numbers = 1 + 7 * np.exp2(-(known.views[:born] // 5).astype(np.float64))
    return draw.places(f"{person}:{day}", KEYS[:born], weights)


def in_turn(one: Order, other: Order) -> Order:
    """Half of the people come by way of a running campaign, the others by the list."""

    def order(known: Evidence, born: int, person: int, day: int) -> Numbers:
        return (one if person % 2 else other)(known, born, person, day)

    return order


rising = by(lambda known: known.rising)
ORDERS: dict[str, Order] = {
    "discover": discover,
    "best backed": by(lambda known: known.backed),
    "rising": rising,
    "newest first": newest,
    "most votes first": by(lambda known: known.support),
    "half discover, half rising": in_turn(discover, rising),
    "even draw": even_draw,
    "draw with the bonus of Polis": former_bonus,
}


def played(world: World, order: Order, seed: int) -> Evidence:
    """Two months under one order."""
    known = Evidence(world)
    for at, person, pages in world.visits:
        born = int(np.searchsorted(world.born, at))
        # Whether a person backs an idea does not depend on when the list shows it.
        mood = np.random.default_rng([seed, person]).random(IDEAS)
        first = min(pages * PAGE, born)
        if not first:
            continue
        places = order(known, born, person, int(at // DAY))
        top = np.argpartition(-places, first - 1)[:first]
        known.look(person, top, at, mood)
    return known


def gini(values: NDArray[Any]) -> float:
    """0: everybody has the same; 1: one has all."""
    ordered = np.sort(values).astype(np.float64)
    n = len(ordered)
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)


def found(world: World, evidence: Numbers) -> int:
    return len(world.best & set(np.argsort(-evidence)[:BEST].tolist()))


def figures(world: World, known: Evidence) -> dict[str, float]:
    return {
        "found by best backed": found(world, known.backed),
        "found by most votes": found(world, known.support.astype(np.float64)),
        "Gini of views": gini(known.views),
        "never seen, %": 100 * float((known.views == 0).mean()),
        "votes per visit": float(known.support.sum()) / VISITS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=list(ORDERS))
    chosen = parser.parse_args()
    rows = []
    with ProcessPoolExecutor() as pool:
        for waves in (True, False):
            runs = {
                name: list(pool.map(partial(run, name, waves), range(chosen.seeds)))
                for name in chosen.orders
            }
            world = "waves" if waves else "steady"
            rows += [row_of(f"fairness, {world}: {name}", each) for name, each in runs.items()]
            show(world, runs)
    record(rows)


def run(name: str, waves: bool, seed: int) -> dict[str, float]:
    world = World.made(seed, waves)
    return figures(world, played(world, ORDERS[name], seed))


def row_of(what: str, runs: Sequence[dict[str, float]]) -> dict[str, Any]:
    summed = {name: interval([run[name] for run in runs]) for name in runs[0]}
    rounded = {name: [round(mean, 3), round(half, 3)] for name, (mean, half) in summed.items()}
    return {"what": what, "ideas": IDEAS, "figures": {**rounded, "seeds": len(runs)}}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean over the seeds, and half the width of its 95 % interval (Student)."""
    if len(values) < 2:
        return values[0], math.nan
    student = float(stats.t.ppf(0.975, len(values) - 1))
    half = student * statistics.stdev(values) / math.sqrt(len(values))
    return statistics.fmean(values), half


def show(world: str, runs: dict[str, list[dict[str, float]]]) -> None:
    names = list(next(iter(runs.values()))[0])
    print(f"\n{world} | " + " | ".join(names))
    for order, each in runs.items():
        cells = (interval([run[name] for run in each]) for name in names)
        print(
            f"{order} | " + " | ".join(f"{mean:.2f} ± {half:.2f}" for mean, half in cells),
            flush=True,
        )


if __name__ == "__main__":
    main()
