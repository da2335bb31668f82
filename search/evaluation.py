"""How good a ranking or a score is, with intervals. Pure: numbers in, numbers out.

A *ranking* is the gain of each result in the order shown (0 = irrelevant), with the number of
relevant items there are. A *score* is a number per pair, the higher the more alike.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# A curve is drawn through so many thresholds at most.
POINTS = 60


class Ranking(NamedTuple):
    """Gains of the results of one query, best ranked first, and how many results are relevant."""

    gains: Sequence[float]
    relevant: int


class Estimate(NamedTuple):
    """A measure with its bootstrap interval."""

    value: float
    low: float
    high: float


class Point(NamedTuple):
    """What a threshold gives: of what it flags, and of all that is the same, the right share."""

    threshold: float
    precision: float
    recall: float
    flagged: int

    @property
    def precision_percent(self) -> int:
        return round(100 * self.precision)

    @property
    def recall_percent(self) -> int:
        return round(100 * self.recall)


def recall_at(ranking: Ranking, k: int) -> float:
    """Share of the relevant items among the first ``k``: |relevant ∩ top k| / |relevant|.

    Source: Manning, Raghavan and Schütze, "Introduction to Information Retrieval", §8.3.
    """
    found = sum(1 for gain in ranking.gains[:k] if gain > 0)
    return found / ranking.relevant if ranking.relevant else 0.0


def reciprocal_rank(ranking: Ranking) -> float:
    """1 / rank of the first relevant result, 0 where none is shown. Its mean is MRR.

    Source: Voorhees, "The TREC-8 Question Answering Track Report" (1999).
    """
    return next((1 / rank for rank, gain in enumerate(ranking.gains, 1) if gain > 0), 0.0)


def ndcg_at(ranking: Ranking, k: int = 10) -> float:
    """DCG@k / ideal DCG@k, with DCG = Σ gain / log2(rank + 1).

    Relevant items that are not shown count one each in the ideal.
    Source: Järvelin and Kekäläinen, ACM TOIS 20(4), 2002.
    """
    shown = sorted((gain for gain in ranking.gains if gain > 0), reverse=True)
    ideal = _dcg((shown + [1.0] * (ranking.relevant - len(shown)))[:k])
    return _dcg(ranking.gains[:k]) / ideal if ideal else 0.0


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Σ (R_i - R_{i-1}) P_i over the distinct scores, without interpolation; 0 without positives.

    Source: scikit-learn's ``average_precision_score``, whose treatment of ties this is.
    """
    precision, recall, _ = precision_recall(labels, scores)
    return float(np.sum(np.diff(recall, prepend=0) * precision)) if len(recall) else 0.0


def best_f1(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """The highest F1 = 2PR / (P + R) over all thresholds, and its threshold (score ≥ it).

    The threshold is chosen on the data it is scored on: an upper bound for a fixed one.
    """
    precision, recall, thresholds = precision_recall(labels, scores)
    if not len(recall):
        return 0.0, 0.0
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1))
    return float(f1[best]), float(thresholds[best])


def recall_at_precision(labels: ArrayLike, scores: ArrayLike, wanted: float = 0.9) -> float:
    """The highest recall among the thresholds whose precision is at least ``wanted``."""
    precision, recall, _ = precision_recall(labels, scores)
    return float(recall[precision >= wanted].max(initial=0.0))


def curve(probabilities: Floats, same: ArrayLike) -> list[Point]:
    """Precision and recall from each of some thresholds on, highest threshold first."""
    precision, recall, thresholds = precision_recall(same, probabilities)
    if not len(thresholds):
        return []
    levels = np.linspace(thresholds[0], thresholds[-1], POINTS)
    # Of the thresholds, which fall, the last one that each level lets through.
    chosen = np.unique(np.searchsorted(-thresholds, -levels, side="right") - 1)
    flagged = np.array([(probabilities >= t).sum() for t in thresholds[chosen]], int)
    return [
        Point(round(float(t), 4), round(float(p), 4), round(float(r), 4), int(n))
        for t, p, r, n in zip(
            thresholds[chosen], precision[chosen], recall[chosen], flagged, strict=True
        )
    ]


def at(points: Sequence[Point], level: float) -> Point | None:
    """What a level gives: the lowest threshold of the curve that it lets through.

    None where it lets nothing through.
    """
    return next((point for point in reversed(points) if point.threshold >= level), None)


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Pearson correlation of the ranks, ties given their mean rank; 0 where one side is constant.

    Source: Spearman (1904); same ties as ``scipy.stats.spearmanr``.
    """
    a, b = _ranks(np.asarray(one, float)), _ranks(np.asarray(other, float))
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0


def bootstrap(
    measure: Callable[[NDArray[np.intp]], float], n: int, rounds: int = 1000, seed: int = 1
) -> Estimate:
    """``measure`` of all rows, with the 95 % percentile interval over resampled rows.

    ``measure`` takes row numbers. With one seed the rows drawn are the same for every method, so
    that intervals of differences are paired. Source: Efron and Tibshirani, "An Introduction to
    the Bootstrap" (1993), chapter 13.
    """
    rows = np.arange(n)
    value = measure(rows)
    if n < 2 or not rounds:
        return Estimate(value, value, value)
    draw = np.random.default_rng(seed)
    values = [measure(draw.integers(0, n, n)) for _ in range(rounds)]
    low, high = np.percentile(values, [2.5, 97.5])
    return Estimate(value, float(low), float(high))


def _dcg(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(rank + 1) for rank, gain in enumerate(gains, 1)))


def precision_recall(labels: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and threshold at each distinct score, highest score first."""
    truth, score = np.asarray(labels, float) > 0, np.asarray(scores, float)
    if not truth.any():
        return (np.zeros(0),) * 3
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last = np.append(np.diff(score) != 0, True)  # the last row of each run of equal scores
    hits = np.cumsum(truth)[last].astype(float)
    return hits / (np.flatnonzero(last) + 1), hits / truth.sum(), score[last]


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    mean_rank = upper - (counts - 1) / 2
    return np.asarray(mean_rank[inverse], np.float64)
