"""The orders in which ideas are shown: pure formulas, without database or clock."""

import math
from collections.abc import Iterable

import numpy as np

from search.draw import numbered, places

# A vote weighs e times less for each such span of age.
RISING_TAU_SECONDS = 7 * 24 * 3600.0
# Times are counted from here, so that scores stay small enough to compare exactly.
RISING_EPOCH_SECONDS = 1_704_067_200.0  # 2024-01-01T00:00:00Z
UNBACKED = -1e9
VIEWERS_STEP = 5
# Seen by fewer people, an idea is unknown.
EXPLORED = 25
# Of 20 intervals, 19 hold the true share.
Z = 1.96


def rising(times: Iterable[float]) -> float:
    """log Σ exp((t - epoch) / τ) over the times (seconds) at which people backed an idea.

    The order of these scores is that of sums of votes decaying exponentially with age (forward
    decay: Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009), whatever the present time: a stored
    score never has to be refreshed. Without votes: `UNBACKED`.
    """
    weights = [(at - RISING_EPOCH_SECONDS) / RISING_TAU_SECONDS for at in times]
    if not weights:
        return UNBACKED
    top = max(weights)
    return top + math.log(math.fsum(math.exp(weight - top) for weight in weights))


def rising_with(score: float, at: float) -> float:
    """The rising score after one more vote at time `at` (seconds)."""
    if score == UNBACKED:
        return rising([at])
    weight = (at - RISING_EPOCH_SECONDS) / RISING_TAU_SECONDS
    high, low = max(score, weight), min(score, weight)
    return high + math.log1p(math.exp(low - high))


def voices(places: Iterable[int]) -> float:
    """How many independent voices back an idea, given the number of its supporters at each place.

    A place speaks with the square root of its number of supporters (Penrose, Journal of the Royal
    Statistical Society 109, 1946): colleagues hear of an idea from each other, so that the
    hundredth of a place says less than the first of another. 100 supporters at 100 places are
    100 voices, at ten places 32, at one place 10. Never more than there are supporters.
    """
    return math.fsum(math.sqrt(people) for people in places)


def voices_with(before: float, people: int) -> float:
    """The voices after one more supporter from a place where `people` backed the idea before."""
    return before + math.sqrt(people + 1) - math.sqrt(people)


def share(voices: float, supporters: int, viewers: int, z: float = Z) -> tuple[float, float]:
    """Between which shares the true share of viewers who back an idea lies, balanced over places.

    The score interval of Wilson (Journal of the American Statistical Association 22, 1927) for
    `voices` that say yes and viewers - supporters that did not, one each. Who backs an idea has
    seen it. Where nobody has seen it, all is possible.
    """
    n = voices + max(0, viewers - supporters)
    if n == 0:
        return 0.0, 1.0
    part = voices / n
    centre = part + z * z / (2 * n)
    spread = z * math.sqrt(part * (1 - part) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def best_backed(voices: float, supporters: int, viewers: int) -> float:
    """The lower end of `share`, in [0, 1): what the idea is backed by at least.

    Few people make it cautious: 3 of 3 ranks below 80 of 100. One more supporter, wherever, never
    lowers it; one more viewer who does not back the idea never raises it; of two supporters, the
    one from the place with fewer supporters raises it more.
    """
    return share(voices, supporters, viewers)[0] if voices > 0 else 0.0


def coarse(viewers: int) -> int:
    """The number of viewers, rounded down: by fives below 80, by an eighth to a sixteenth above.

    What ranking goes by. Search is told anew when this changes and not at every view: a hundred
    times until all 115,000 have seen an idea.
    """
    step = VIEWERS_STEP << max(0, (viewers // (8 * VIEWERS_STEP)).bit_length() - 1)
    return viewers - viewers % step


def exploration(voices: float, supporters: int, viewers: int) -> float:
    """The weight of an idea in the draw of *discover*: 1 while it is unknown, ever less after.

    The upper end of `share`, cubed, says how good the idea may still be (the optimism of upper
    confidence bounds: Auer, Cesa-Bianchi & Fischer, Machine Learning 47, 2002); the square of the
    views says how well it is known, as the bonus of Polis does that halves with every five. Other
    than that bonus, it never ends: seen by twice as many means drawn a quarter as often, also
    among ideas that thousands have seen. `python -m bench.fairness` is where the powers come from.

    Viewers count by doublings from 25 on, so that a draw stays in its order while a person pages
    through it.
    """
    seen = _doublings(viewers)
    return share(voices, supporters, seen)[1] ** 3 / (1 + seen / 20) ** 2


def _doublings(viewers: int) -> int:
    """0 below 25, else the middle of the doubling of 25 in which it lies: 35, 71, 141…"""
    if viewers < EXPLORED:
        return 0
    return round(EXPLORED * 2 ** ((viewers // EXPLORED).bit_length() - 0.5))


def draw(seed: str, key: str, weight: float) -> float:
    """The place of a key in a weighted random order without replacement; higher comes first.

    The same seed gives the same order on every page, and the same as a search gives.
    """
    keys = np.array([numbered(key)], np.uint64)
    return float(places(seed, keys, np.array([weight]))[0])
