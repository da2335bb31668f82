"""Measures agree with scikit-learn and scipy, and keep their bounds."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, f1_score, ndcg_score, precision_recall_curve

from search.evaluation import (
    Ranking,
    average_precision,
    best_f1,
    bootstrap,
    ndcg_at,
    recall_at,
    recall_at_precision,
    reciprocal_rank,
    spearman,
)

# Few distinct scores, so that ties are common.
pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=60)
labelled = pairs.filter(lambda rows: any(label for label, _ in rows))
gains = st.lists(st.integers(0, 1), min_size=2, max_size=30)


@given(labelled)
def test_average_precision_is_scikit_learns(rows: list[tuple[int, int]]) -> None:
    labels, scores = zip(*rows, strict=True)
    assert average_precision(labels, scores) == pytest.approx(
        average_precision_score(labels, scores)
    )


@given(labelled)
def test_best_f1_is_reached_at_its_threshold_and_nowhere_beaten(
    rows: list[tuple[int, int]],
) -> None:
    labels, scores = map(np.array, zip(*rows, strict=True))
    f1, threshold = best_f1(labels, scores)
    assert f1 == pytest.approx(f1_score(labels, scores >= threshold))
    assert all(f1_score(labels, scores >= t) <= f1 + 1e-9 for t in set(scores))


@given(labelled, st.floats(0.1, 1.0))
def test_recall_at_precision_is_read_off_the_curve(
    rows: list[tuple[int, int]], wanted: float
) -> None:
    labels, scores = zip(*rows, strict=True)
    precision, recall, _ = precision_recall_curve(labels, scores)
    expected = max(r for p, r in zip(precision, recall, strict=True) if p >= wanted)
    assert recall_at_precision(labels, scores, wanted) == pytest.approx(expected)


@given(pairs)
def test_spearman_is_scipys(rows: list[tuple[int, int]]) -> None:
    one, other = zip(*rows, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy warns of constant input, and answers nan
        expected = spearmanr(one, other).statistic
    assert spearman(one, other) == pytest.approx(0 if np.isnan(expected) else expected)


@given(gains, st.integers(1, 30))
def test_ndcg_is_scikit_learns(order: list[int], k: int) -> None:
    ours = ndcg_at(Ranking(order, sum(order)), k)
    positions = -np.arange(len(order))
    assert ours == pytest.approx(ndcg_score([order], [positions], k=k))


def test_what_is_relevant_but_not_shown_lowers_recall_and_ndcg() -> None:
    ranking = Ranking([1, 0, 1], relevant=4)
    assert recall_at(ranking, 10) == 0.5
    assert recall_at(ranking, 1) == 0.25
    assert ndcg_at(ranking) == pytest.approx(1.5 / (1 + 1 / np.log2(3) + 0.5 + 1 / np.log2(5)))


@pytest.mark.parametrize(
    ("shown", "expected"), [([0, 0, 1, 1], 1 / 3), ([1], 1), ([0], 0), ([], 0)]
)
def test_reciprocal_rank_looks_at_the_first_hit(shown: list[int], expected: float) -> None:
    assert reciprocal_rank(Ranking(shown, 2)) == pytest.approx(expected)


def test_without_a_positive_every_measure_is_nought() -> None:
    assert average_precision([0, 0], [1, 2]) == 0
    assert best_f1([0, 0], [1, 2]) == (0, 0)
    assert recall_at_precision([0, 0], [1, 2]) == 0
    assert recall_at(Ranking([0], 0), 1) == ndcg_at(Ranking([0], 0)) == 0


def test_the_interval_holds_the_mean_as_often_as_it_says() -> None:
    draw = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        sample = draw.normal(3, 1, 60)
        low_high = bootstrap(lambda rows, s=sample: float(s[rows].mean()), 60, rounds=200)
        held += low_high.low <= 3 <= low_high.high
    assert 0.88 <= held / 200 <= 0.99


def test_a_bootstrap_of_one_row_has_no_width() -> None:
    assert bootstrap(lambda rows: float(len(rows)), 1) == (1, 1, 1)
