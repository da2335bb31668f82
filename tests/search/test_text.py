"""Words are the same word whatever their accents, plural, elision or capitals."""

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import text
from search.text import (
    common_spans,
    folded,
    inverse_frequency,
    normalised,
    telling_terms,
    terms,
    text_hash,
    tokens,
)


@pytest.mark.parametrize(
    "variants",
    [
        ("événement", "évènement", "evenement", "l’événement", "d'évènements", "ÉVÉNEMENTS"),
        ("vélo", "vélos", "velos", "le vélo", "des vélos"),
        ("employé", "employés", "employée", "employées", "employe", "employees"),
        ("journal", "journaux"),
        ("travail", "travaux"),
        ("bureau", "bureaux"),
        ("jeu", "jeux"),
        ("œuvre", "oeuvres", "ŒUVRE"),
        ("entrée", "jusqu’à l’entrée", "l'entree"),
        ("guichet", "guichets", "qu’au guichet"),
        ("réaliser", "réalisée", "realisees", "réalisés"),
    ],
)
def test_spellings_of_a_word_fall_together(variants: tuple[str, ...]) -> None:
    assert len({tuple(terms(variant)) for variant in variants}) == 1


@pytest.mark.parametrize("other", ["bus", "colis", "facteur", "prix", "lettrage"])
def test_different_words_stay_apart(other: str) -> None:
    assert terms(other) != terms("lettre")
    assert len(terms(other)) == 1


def test_empty_words_say_nothing() -> None:
    assert terms("Il faut que nous soyons tous avec quelqu’un aujourd’hui") == []


@given(st.text())
def test_any_text_has_terms_and_a_hash(text: str) -> None:
    assert all(term == folded(term) for term in terms(text))
    assert [token.term for token in tokens(text)] == terms(text)
    assert len(text_hash(text)) == 32


@given(st.text())
def test_the_hash_does_not_see_unicode_forms_or_spaces(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", normalised(text))
    assert text_hash(decomposed) == text_hash(normalised(text))
    assert text_hash(f"  {normalised(text)}\n\t") == text_hash(normalised(text))
    assert normalised(normalised(text)) == normalised(text)


def test_the_hash_sees_words() -> None:
    assert text_hash("une file") != text_hash("deux files")
    assert text_hash("l’été") == text_hash("l'été") == text_hash("l\u200b'été")


@given(st.text(), st.text())
def test_common_spans_are_words_of_the_text_in_order(text: str, other: str) -> None:
    spans = common_spans(text, other)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
    assert all(set(terms(text[start:end])) & set(terms(other)) for start, end in spans)


def test_common_words_are_found_in_any_spelling() -> None:
    text = "L’attente au guichet est longue"
    spans = common_spans(text, "des guichets, avec moins d'attentes")
    assert [text[start:end] for start, end in spans] == ["L’attente", "guichet"]


def test_common_words_of_decomposed_letters() -> None:
    text = unicodedata.normalize("NFD", "la tournée d’été")
    spans = common_spans(text, "tournées")
    assert [unicodedata.normalize("NFC", text[a:b]) for a, b in spans] == ["tournée"]


def test_telling_terms_are_the_rare_and_known_ones() -> None:
    known = {"guichet": 50, "automate": 2, "client": 400}
    asked = ["client", "guichet", "automate", "inconnu"]
    assert telling_terms(asked, known, 1000, 3) == ["automate", "guichet", "client"]


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_rarer_terms_weigh_more(frequency: int, total: int) -> None:
    assert inverse_frequency(frequency, total) >= inverse_frequency(frequency + 1, total) >= 0


def test_a_very_long_text_has_all_its_words() -> None:
    text = "Il faudrait des vélos électriques pour la tournée. " * 4000
    assert terms(text) == ["velo", "electr", "tourn"] * 4000


@pytest.fixture
def switched_often():
    """Threads take turns within a word."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


MADE_UP = [
    f"{start}{middle}{end}"
    for start in ("organis", "distribu", "achemin", "affranchiss", "vitr", "recommand")
    for middle in "abcdefghijklmnopqrstuvw"
    for end in ("issements", "atrices", "euses", "ations", "ements", "ables")
]


def stemmed_by_threads():
    """The stems of the same words, each from another thread than the next one's."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(text.stem.__wrapped__, MADE_UP))


def test_threads_stem_as_one_alone(switched_often):
    alone = [text.stem.__wrapped__(word) for word in MADE_UP]
    assert all(stemmed_by_threads() == alone for _ in range(5))


def test_without_the_lock_threads_spoil_each_others_stems(switched_often, monkeypatch):
    alone = [text.stem.__wrapped__(word) for word in MADE_UP]
    monkeypatch.setattr(text, "_stemming", nullcontext())

    def spoiled():
        try:
            return stemmed_by_threads() != alone
        except IndexError:
            return True

    assert any(spoiled() for _ in range(20))
