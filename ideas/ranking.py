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


def best_backed(supporters: int, readers: int, z: float = 1.96) -> float:
    """Lower bound of the share of readers who back an idea (Wilson 1927), in [0, 1].

    Few readers make the bound cautious: 3 of 3 ranks below 80 of 100. Supporters who backed it
    from a list without opening it count as readers.
    """
    n = max(readers, supporters)
    if n == 0:
        return 0.0
    share = supporters / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z * z / n))


def exploration(readers: int) -> float:
    """How much more often than a well-known idea this one is drawn: 8 unread, halving per 5 reads.

    After the exploration bonus of Polis (8·2^(-S/5)); never below 1. Readers are counted by
    fives, so that a draw stays in its order while a person pages through it.
    """
    return 1.0 + 7.0 * 2.0 ** -(readers // 5)


def draw(seed: str, key: str, weight: float) -> float:
    """The place of a key in a weighted random order without replacement; higher comes first.

    The same seed gives the same order on every page, and the same as a search gives.
    """
    keys = np.array([numbered(key)], np.uint64)
    return float(places(seed, keys, np.array([weight]))[0])
