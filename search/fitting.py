"""Fitting the scorer to labelled pairs: which features matter, and what a score means.

Two steps. The *ratio* says how much the features weigh beside one another: a logistic regression
over all labelled sets with a constant for each, every set weighing the same. The *scale* turns the
weighed sum into a probability: a logistic regression of that one number and of the theme, on pairs
of the kind that moderators are shown. What is reported was never fitted on: groups of pairs that
share a text stay in one fold. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from search.evaluation import Floats, Point, average_precision, curve
from search.similarity import FEATURES, Weights

FOLDS = 5
# Of every hundred pairs from a threshold on, so many should be the same idea.
WANTED = {"certain": 0.9, "propose": 0.75, "warn": 0.5}

Booleans = NDArray[np.bool_]
Integers = NDArray[np.intp]


class Table(NamedTuple):
    """Features of some pairs of texts, their labels, and what must stay in one fold."""

    name: str
    features: Floats
    same: Booleans
    groups: Integers
    labels: Floats


def ratio(tables: Sequence[Table]) -> Floats:
    """The features' weights beside that of meaning, which is one; the theme's is left to scale."""
    own = np.concatenate([np.eye(len(tables))[[i] * len(t.same)] for i, t in enumerate(tables)])
    both = np.concatenate([t.features[:, :4] for t in tables])
    weights = np.concatenate([_balanced(t.same) for t in tables])
    fit = LogisticRegression(C=30, max_iter=3000)
    fit.fit(np.c_[both, own], np.concatenate([t.same for t in tables]), sample_weight=weights)
    found = fit.coef_[0][:4]
    return np.asarray(np.append(found / max(found[0], 1e-6), 0), np.float64)


def scaled(tables: Sequence[Table], weights: Floats) -> Floats:
    """Weights and constant that make the weighed sum a probability; each table weighs the same."""
    columns = np.concatenate([_columns(t, weights) for t in tables])
    same = np.concatenate([t.same for t in tables])
    each = np.concatenate([np.full(len(t.same), 1 / len(t.same)) for t in tables]) * len(same)
    fit = LogisticRegression(C=1e3).fit(columns, same, sample_weight=each / 2)
    slope, theme = fit.coef_[0]
    scaled_weights = slope * weights
    scaled_weights[-1] = theme
    return np.asarray(np.append(scaled_weights, fit.intercept_[0]), np.float64)


def out_of_fold(tables: Sequence[Table], weights: Floats | None) -> Floats:
    """Probabilities of every row by a fit that has not seen it; no `weights`: ratio fitted too."""
    out = [np.zeros(len(table.same)) for table in tables]
    for training, tested in _folds(tables):
        chosen = ratio(training) if weights is None else weights
        by = scaled(training, chosen)
        for number, rows in enumerate(tested):
            out[number][rows] = probability(tables[number].features[rows], by)
    return np.concatenate(out)


def probability(features: Floats, weights: Floats) -> Floats:
    """Of each row; the last of the weights is the constant."""
    return np.asarray(1 / (1 + np.exp(-(features @ weights[:-1] + weights[-1]))), np.float64)


def least(probabilities: Floats, same: Booleans, precision: float) -> float:
    """The lowest threshold from which on so many of the proposals are right."""
    order = np.argsort(-probabilities)
    right = np.cumsum(same[order]) / np.arange(1, len(order) + 1)
    held = np.flatnonzero(right >= precision)
    return float(probabilities[order][held[-1]]) if len(held) else 1.0


def bands(probabilities: Floats, same: Booleans) -> dict[str, float]:
    """The three thresholds, each lower than the one before, and none nought or one."""
    found: dict[str, float] = {}
    highest = 0.99
    for band, precision in WANTED.items():
        level = min(least(probabilities, same, precision), highest)
        found[band] = round(max(level, 0.01 * (len(WANTED) - len(found))), 3)
        highest = found[band] - 0.01
    return found


class Goodness(NamedTuple):
    """How good probabilities are: the lower the loss, the higher the average precision."""

    loss: float
    average_precision: float


def goodness(probabilities: Floats, same: Booleans) -> Goodness:
    """The mean logarithmic loss, and the average precision."""
    sure = np.clip(probabilities, 1e-6, 1 - 1e-6)
    loss = -np.mean(np.where(same, np.log(sure), np.log(1 - sure)))
    return Goodness(round(float(loss), 4), round(average_precision(same, probabilities), 4))


def named(weights: Floats) -> dict[str, float]:
    """The weights by the names of the features, as they are stored."""
    return dict(zip((*FEATURES, "constant"), weights.round(4).tolist(), strict=True))


# So many judged pairs, and of each kind, a fit needs at least.
PAIRS, OF_EACH = 60, 20
# Words and characters alone, for texts that have no vector yet.
WORDS_ONLY = np.array([0, 1, 1, 0.5, 0])


class NotEnough(Exception):
    """Too few labels; the message says how many there are."""


@dataclass(frozen=True)
class Fit:
    """`good` and `curve` are of pairs that the fit had not seen."""

    sources: list[tuple[str, int, int]]
    with_meaning: Floats
    without: Floats
    bands: dict[str, float]
    curve: list[Point]
    good: Goodness
    present: Goodness
    worth: dict[str, float]

    @property
    def is_worse(self) -> bool:
        """It errs more, or puts the right pairs further down."""
        return (
            self.good.loss > self.present.loss
            or self.good.average_precision < self.present.average_precision - 0.005
        )

    def stored(self, day: str) -> dict[str, Any]:
        """In the form of `data/similarity.json`."""
        return {
            "made": day,
            "by": "manage.py calibrate_similarity",
            "from": [name for name, _pairs, _same in self.sources],
            "with_meaning": named(self.with_meaning),
            "without_meaning": named(self.without),
            "bands": self.bands,
            "worth": self.worth,
            "scale": [
                {"name": name, "pairs": pairs, "same": same} for name, pairs, same in self.sources
            ],
            "cross-validated": self.good._asdict(),
            "before": self.present._asdict(),
            "curve": [list(point) for point in self.curve],
        }


def fitted(judged: Sequence[Table], others: Sequence[Table], present: Weights) -> Fit:
    """The better of two fits: the present ratio on a new scale, or both new. Raises NotEnough.

    `judged` are pairs as moderators see them: they set the scale; `others` help with the ratio.
    The present fit may have been fitted to some of the same, which flatters it, never the new one.
    """
    _check(judged)
    same = np.concatenate([table.same for table in judged])
    kept = np.append(present.with_meaning[:4] / max(present.with_meaning[0], 1e-6), 0)
    tried = {name: out_of_fold(judged, by) for name, by in (("scale", kept), ("both", None))}
    best = min(tried, key=lambda name: goodness(tried[name], same).loss)
    out = tried[best]
    chosen = kept if best == "scale" else ratio([*judged, *others])
    now = [probability(table.features, present.with_meaning) for table in judged]
    return Fit(
        [(table.name, len(table.same), int(table.same.sum())) for table in judged],
        scaled(judged, chosen),
        scaled(judged, WORDS_ONLY),
        bands(out, same),
        curve(out, same),
        goodness(out, same),
        goodness(np.concatenate(now), same),
        dict(present.worth),
    )


def _columns(table: Table, weights: Floats) -> Floats:
    return np.asarray(np.c_[table.features @ weights, table.features[:, -1]], np.float64)


def _balanced(same: Booleans) -> Floats:
    weights = 500 * np.where(same, 1 / max(same.sum(), 1), 1 / max((~same).sum(), 1))
    return np.asarray(weights, np.float64)


def _folds(tables: Sequence[Table]) -> Iterator[tuple[list[Table], list[Integers]]]:
    """Training tables and, for each table, the rows left out."""
    cut = []
    for table in tables:
        folds = min(FOLDS, len(np.unique(table.groups)))
        by = GroupKFold(folds, shuffle=True, random_state=1) if folds > 1 else None
        parts = by.split(table.features, table.same, table.groups) if by else ()
        cut.append([test for _train, test in parts])
    for n in range(FOLDS):
        tested = [parts[n] if n < len(parts) else np.array([], int) for parts in cut]
        yield [_without(t, rows) for t, rows in zip(tables, tested, strict=True)], tested


def _without(table: Table, rows: Integers) -> Table:
    kept = np.setdiff1d(np.arange(len(table.same)), rows)
    return Table(
        table.name, table.features[kept], table.same[kept], table.groups[kept], table.labels[kept]
    )


def _check(judged: Sequence[Table]) -> None:
    pairs = sum(len(table.same) for table in judged)
    same = sum(int(table.same.sum()) for table in judged)
    if pairs < PAIRS or min(same, pairs - same) < OF_EACH:
        raise NotEnough(
            f"{pairs} judged pairs, {same} of them the same; a fit needs at least {PAIRS}, and "
            f"{OF_EACH} of either kind."
        )
