"""A fit finds what the labels say, and its figures are of pairs that it has not seen."""

from itertools import pairwise

import numpy as np
import pytest

from search.evaluation import Point, at, curve
from search.fitting import (
    NotEnough,
    Table,
    bands,
    fitted,
    goodness,
    out_of_fold,
    probability,
    ratio,
    scaled,
)
from search.similarity import weights

TRUE = np.array([6.0, 1.0, 1.0, 1.0, 0.5, -4.0])


def drawn(name: str = "drawn", n: int = 600, by: np.ndarray = TRUE, seed: int = 1) -> Table:
    """Pairs whose labels were drawn with the probabilities that these weights give."""
    draw = np.random.default_rng(seed)
    table = np.c_[draw.uniform(0, 1, (n, 4)), draw.integers(-1, 2, n)]
    same = draw.uniform(size=n) < probability(table, by)
    return Table(name, table, same, np.arange(n) // 2, same.astype(float))


def test_the_weights_that_made_the_labels_are_found():
    table = drawn(n=20_000)
    found = scaled([table], ratio([table]))
    assert found == pytest.approx(TRUE, abs=0.6)


def test_out_of_fold_probabilities_are_those_of_a_fit_without_the_row():
    table = drawn(n=40)
    noise = Table("noise", table.features, np.arange(40) % 2 == 0, table.groups, table.labels)
    seen = goodness(probability(noise.features, scaled([noise], ratio([noise]))), noise.same)
    unseen = goodness(out_of_fold([noise], None), noise.same)
    assert unseen.loss > seen.loss


def test_pairs_that_share_a_text_stay_in_one_fold(monkeypatch):
    from search import fitting

    table = drawn(n=100)
    for training, tested in fitting._folds([table]):
        assert not set(training[0].groups) & set(table.groups[tested[0]])


def test_a_fit_to_moderators_who_judge_otherwise_is_better_than_the_present_one():
    fit = fitted([drawn(by=np.array([2.0, 6.0, 3.0, 1.0, 1.0, -5.0]))], [], weights())
    assert not fit.is_worse
    assert fit.good.loss < fit.present.loss
    stored = fit.stored("2026-01-01")
    assert stored["scale"][0]["pairs"] == 600
    assert 0 < stored["bands"]["warn"] < stored["bands"]["propose"] < stored["bands"]["certain"] < 1


def test_labels_that_say_nothing_give_a_fit_that_is_not_worth_storing():
    table = drawn(by=np.append(weights().with_meaning[:-1], weights().with_meaning[-1]), n=200)
    few = Table("few", table.features[:70], table.same[:70], table.groups[:70], table.labels[:70])
    fit = fitted([few], [], weights())
    assert fit.is_worse == (
        fit.good.loss > fit.present.loss
        or fit.good.average_precision < fit.present.average_precision - 0.005
    )
    assert fit.is_worse


@pytest.mark.parametrize("n", [10, 59])
def test_few_labels_are_refused_with_their_number(n):
    with pytest.raises(NotEnough, match=f"^{n} judged pairs"):
        fitted([drawn(n=n)], [], weights())


def test_labels_of_one_kind_are_refused():
    table = drawn(n=200)
    with pytest.raises(NotEnough):
        fitted([table._replace(same=np.ones(200, bool))], [], weights())


def test_thresholds_are_in_order_whatever_the_probabilities():
    for seed in range(20):
        draw = np.random.default_rng(seed)
        found = bands(draw.uniform(size=30), draw.uniform(size=30) < draw.uniform())
        assert 1 > found["certain"] > found["propose"] > found["warn"] > 0


def test_the_curve_says_what_each_threshold_gives():
    table = drawn()
    likely = probability(table.features, TRUE)
    points = curve(likely, table.same)
    assert all(high.threshold > low.threshold for high, low in pairwise(points))
    for point in points[:-1]:
        flagged = likely >= point.threshold - 1e-4
        assert point.recall == pytest.approx(table.same[flagged].sum() / table.same.sum(), abs=0.01)
    assert points[-1].recall == 1


def test_a_level_gives_what_its_lowest_threshold_gives():
    points = [Point(0.9, 1.0, 0.1, 1), Point(0.5, 0.8, 0.6, 5), Point(0.2, 0.5, 1.0, 9)]
    assert at(points, 0.5) == points[1]
    assert at(points, 0.3) == points[1]
    assert at(points, 0.95) is None
