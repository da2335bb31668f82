"""What the orders of the list promise, whatever the numbers."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ideas import ranking

people = st.integers(0, 2_000)
places = st.lists(st.integers(1, 300), max_size=40)
times = st.lists(st.floats(1.6e9, 2e9), min_size=1, max_size=60)


def backed(at_places: list[int], viewers: int) -> float:
    return ranking.best_backed(ranking.voices(at_places), sum(at_places), viewers)


# --- Rising ---------------------------------------------------------------------------------------


@given(times)
def test_rising_is_the_logarithm_of_the_decayed_votes(at):
    now = max(at)
    tau, epoch = ranking.RISING_TAU_SECONDS, ranking.RISING_EPOCH_SECONDS
    decayed = math.fsum(math.exp((t - now) / tau) for t in at)
    assert ranking.rising(at) == pytest.approx(math.log(decayed) + (now - epoch) / tau, abs=1e-9)


@given(times)
def test_one_vote_after_the_other_is_as_all_at_once(at):
    score = ranking.UNBACKED
    for t in at:
        score = ranking.rising_with(score, t)
    assert score == pytest.approx(ranking.rising(at), abs=1e-9)


# --- Voices of places -----------------------------------------------------------------------------


@given(places)
def test_voices_are_at_most_as_many_as_people_and_no_fewer_than_from_one_place(at_places):
    total, voices = sum(at_places), ranking.voices(at_places)
    assert math.sqrt(total) - 1e-9 <= voices <= total + 1e-9


@given(places, st.integers(1, 1_000))
def test_as_many_people_of_other_places_say_more(at_places, crowd):
    assert ranking.voices([*at_places, crowd]) <= ranking.voices([*at_places, *[1] * crowd]) + 1e-9


@given(places, st.data())
def test_voices_grow_by_one_supporter_as_they_are_summed_up(at_places, data):
    assume(at_places)
    one = data.draw(st.integers(0, len(at_places) - 1))
    grown = [n + (k == one) for k, n in enumerate(at_places)]
    before = ranking.voices(at_places)
    assert ranking.voices_with(before, at_places[one]) == pytest.approx(ranking.voices(grown))
    assert ranking.voices_with(before, 0) == pytest.approx(ranking.voices([*at_places, 1]))


# --- Best backed ----------------------------------------------------------------------------------


@given(places, people)
def test_best_backed_lies_between_nothing_and_all(at_places, viewers):
    assert 0 <= backed(at_places, viewers) < 1


@given(places, people, st.data())
def test_one_more_supporter_never_lowers_it(at_places, viewers, data):
    one = data.draw(st.integers(0, len(at_places)))
    grown = [*at_places, 0]
    grown[one] += 1
    assert backed([n for n in grown if n], viewers) >= backed(at_places, viewers) - 1e-12


@given(places, people, people)
def test_more_who_saw_it_without_backing_it_never_raise_it(at_places, viewers, more):
    assert backed(at_places, viewers + more) <= backed(at_places, viewers) + 1e-12


@given(places, people, st.data())
def test_a_supporter_from_where_fewer_backed_it_raises_it_more(at_places, viewers, data):
    assume(len(at_places) >= 2)
    small, large = sorted(
        data.draw(st.permutations(range(len(at_places))))[:2], key=lambda k: at_places[k]
    )
    with_small = [n + (k == small) for k, n in enumerate(at_places)]
    with_large = [n + (k == large) for k, n in enumerate(at_places)]
    assert backed(with_small, viewers) >= backed(with_large, viewers) - 1e-12


@given(st.integers(1, 50), st.integers(2, 20))
def test_the_same_share_of_more_people_is_surer(supporters, times_as_many):
    few = backed([1] * supporters, 2 * supporters)
    many = backed([1] * supporters * times_as_many, 2 * supporters * times_as_many)
    assert few < many < 0.5


def test_it_is_cautious_with_few():
    assert backed([1, 1, 1], 3) < backed([1] * 80, 100)


def test_one_large_place_does_not_dominate():
    """300 of one sorting centre, seen by 800, stand behind 60 of 60 places, seen by 600."""
    assert backed([300], 800) < backed([1] * 60, 600)


@given(people, people)
def test_where_everybody_comes_from_elsewhere_it_is_the_interval_of_wilson(supporters, others):
    assume(supporters)
    n, z = supporters + others, 1.96
    bound = backed([1] * supporters, n)
    # The bound is the share from which what was seen lies z standard errors away.
    share = supporters / n
    assert abs(share - bound) == pytest.approx(z * math.sqrt(bound * (1 - bound) / n), abs=1e-9)


# --- Discover -------------------------------------------------------------------------------------


@given(places, people)
def test_nothing_is_drawn_more_often_than_what_nobody_knows(at_places, viewers):
    weight = ranking.exploration(ranking.voices(at_places), sum(at_places), viewers)
    assert 0 < weight <= ranking.exploration(0, 0, 0) == 1


@given(places, people)
def test_an_idea_seen_by_twice_as_many_is_drawn_less(at_places, viewers):
    backing = ranking.voices(at_places), sum(at_places)
    known = max(viewers, ranking.EXPLORED)
    assert ranking.exploration(*backing, 2 * known) < ranking.exploration(*backing, known)


@given(places, people)
def test_one_more_supporter_never_makes_an_idea_rarer(at_places, viewers):
    def weight(at: list[int]) -> float:
        return ranking.exploration(ranking.voices(at), sum(at), viewers)

    assert weight([*at_places, 1]) >= weight(at_places) * (1 - 1e-12)


@given(st.integers(0, 100_000))
def test_its_weight_changes_with_doublings_of_the_views_alone(viewers):
    double = ranking.EXPLORED * 2 ** (max(1, viewers // ranking.EXPLORED).bit_length() - 1)
    first = 0 if viewers < ranking.EXPLORED else double
    assert ranking.exploration(0, 0, viewers) == ranking.exploration(0, 0, first)


@given(places, people)
def test_what_it_is_backed_by_at_least_is_below_what_it_may_be_backed_by(at_places, viewers):
    least, most = ranking.share(ranking.voices(at_places), sum(at_places), viewers)
    assert 0 <= least < most <= 1


def test_places_of_a_draw_follow_the_weights():
    """Of two ideas, the one that weighs three times as much comes first three times in four."""
    first = sum(
        ranking.draw(str(n), "a", 3.0) > ranking.draw(str(n), "b", 1.0) for n in range(4_000)
    )
    assert first / 4_000 == pytest.approx(0.75, abs=0.03)


# --- What search is told --------------------------------------------------------------------------


@given(st.integers(0, 200_000))
def test_the_coarse_number_is_at_most_an_eighth_or_four_people_too_low(viewers):
    coarse = ranking.coarse(viewers)
    assert coarse <= viewers
    assert viewers - coarse <= max(4, viewers / 8)
    assert ranking.coarse(coarse) == coarse


@given(st.integers(0, 200_000))
def test_the_coarse_number_never_falls(viewers):
    assert ranking.coarse(viewers) <= ranking.coarse(viewers + 1)


def test_search_is_told_of_views_about_a_hundred_times_until_everybody_has_looked():
    assert len({ranking.coarse(viewers) for viewers in range(115_000)}) <= 100
