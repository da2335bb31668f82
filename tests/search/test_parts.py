"""The small pure parts of search."""

import hashlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search import draw
from search.analysis import ANALYSIS, packed
from search.engines.base import Wording
from search.engines.nearness import LOOKED_AT, MANY, Nearness
from search.engines.postings import Postings
from search.engines.words import Words, distance
from search.highlight import SNIPPET, highlighted
from search.meaning import direction
from search.operators import reference, wording
from search.text import terms

words = st.text("abcé' -\"«»", max_size=30)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("borne à tickets", Wording("borne à tickets")),
        ('"avis de passage" colis', Wording("colis", ("avis de passage",))),
        ("«avis de passage»", Wording("", ("avis de passage",))),
        ("guichet -colis", Wording("guichet", (), ("colis",))),
        ('guichet -"avis de passage"', Wording("guichet", (), ("avis de passage",))),
        ("rendez-vous", Wording("rendez-vous")),
        ('"jamais fermé', Wording("", ("jamais fermé",))),
        ('- "" ?', Wording()),
    ],
)
def test_operators(typed, meant):
    assert wording(typed) == meant


@given(st.text())
def test_any_text_can_be_taken_apart(text):
    taken = wording(text)
    assert bool(taken) == any((taken.words, taken.phrases, taken.without))


@pytest.mark.parametrize(
    ("text", "key"),
    [("T-000123", "123"), ("t-7", "7"), ("T12", "12"), ("T-0", ""), ("T-12 b", ""), ("123", "")],
)
def test_reference_numbers(text, key):
    assert reference(text) == key


@given(words, words, st.lists(words, max_size=3))
@example("a", "é " * 400 + "cible " + "é " * 400, ["cible"])
def test_highlights_are_the_text_and_hits_are_its_words(title, body, asked):
    stems = {term for text in asked for term in terms(text)}
    marked = highlighted(title, body, stems)
    assert "".join(text for text, _hit in marked.title) == title
    shown = "".join(text for text, _hit in marked.body).removeprefix("… ").removesuffix(" …")
    assert shown in body
    assert len(shown) <= max(SNIPPET, 1)
    for text, hit in marked.title + marked.body:
        assert hit == bool(stems & set(terms(text))) or not hit


def test_the_snippet_is_where_the_hits_are():
    body = "Rien ici. " * 60 + "Une borne à tickets au guichet. " + "Rien là. " * 60
    marked = highlighted("", body, set(terms("borne tickets")))
    assert [text for text, hit in marked.body if hit] == ["borne", "tickets"]
    assert marked.body[0] == ("… ", False)
    assert marked.body[-1] == (" …", False)


@given(st.text("abcd", max_size=7), st.text("abcd", max_size=7))
def test_distance_is_symmetric_and_bounded(one, other):
    slips = distance(one, other, 2)
    assert slips == distance(other, one, 2)
    assert (slips == 0) == (one == other)
    assert slips <= 3


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("guichet", "giuchet", 1), ("colis", "coli", 1), ("tournee", "tournees", 1), ("a", "bcd", 3)],
)
def test_slips_of_the_finger(one, other, slips):
    assert distance(one, other, 2) == slips


def test_a_word_is_completed_and_corrected_as_people_write_it():
    known = Words(["Événement à l’entrée", "événements", "Guichet", "guichets"])
    assert [word.written for word in known.starting("evene", 5)] == ["événement"]
    nearest = known.nearest("giuchet")
    assert nearest is not None
    assert nearest.written == "guichet"
    assert known.nearest("parapluie") is None
    assert known.nearest("ab") is None


def test_the_draw_follows_the_weights():
    keys = np.array([draw.numbered(str(n)) for n in range(2000)], np.uint64)
    weights = np.where(np.arange(2000) < 1000, 4.0, 1.0)
    first = np.argsort(-draw.places("seed", keys, weights))[:500]
    # Drawn without replacement with weights 4 to 1: about 79 % heavy among the first quarter.
    assert 0.74 < np.mean(first < 1000) < 0.84


def test_the_analysis_is_the_one_that_documents_were_written_with():
    """Fails when `search.text` gives other terms: then raise ANALYSIS, and this."""
    sample = packed("L’évènement des œuvres", "Jusqu’à 3 vélos réalisés, aujourd’hui.")
    assert (ANALYSIS, hash_of(sample)) == (1, "c85ec975174dda1b")


def hash_of(data):
    return hashlib.sha256(data).hexdigest()[:16]


def postings(texts, pieces):
    made = Postings()
    rows = [packed("", text) for text in texts]
    for start in range(0, len(rows), pieces):
        made.extend(rows[start : start + pieces])
        made.settle()
    return made


texts = st.lists(st.text("ab ", max_size=8), min_size=1, max_size=12)


@settings(deadline=None)
@given(texts, st.integers(1, 12))
def test_segments_change_no_score(rows, pieces):
    whole, parts = postings(rows, len(rows)), postings(rows, pieces)
    flat = np.frombuffer(b"".join(map(whole.words, range(len(rows)))), "<u4")
    codes = [int(code) for code in np.unique(flat) if code]
    for code in codes:
        one, count = whole.scores([[code]], len(rows))
        other, same = parts.scores([[code]], len(rows))
        assert np.allclose(one, other)
        assert (count == same).all()
        assert whole.frequency(code) == parts.frequency(code) == int(count.sum())


def test_the_rough_look_misses_next_to_nothing():
    chance = np.random.default_rng(1)
    size = 3 * LOOKED_AT
    topics = chance.normal(size=(60, 384))
    rows = topics[chance.integers(0, 60, size)] + chance.normal(size=(size, 384))
    stored = np.rint(rows * (127 / np.abs(rows).max(axis=1, keepdims=True))).astype(np.int8)
    nearness = Nearness()
    for start in range(0, size, MANY // 2):
        nearness.extend([row.tobytes() for row in stored[start : start + MANY // 2]])
    unit = stored / np.linalg.norm(stored, axis=1, keepdims=True)
    seen = direction(unit.astype(np.float32), nearness.middle())
    everyone = np.ones(size, np.bool_)
    kept = 0
    for question in seen[:20]:
        exact = set(np.argsort(-(seen @ question))[:40].tolist())
        found = nearness.nearest(question, everyone, 40)
        assert found[0][1] == pytest.approx(1.0, abs=1e-3)
        kept += len(exact & {row for row, _cosine in found})
    assert kept >= 0.98 * 20 * 40
