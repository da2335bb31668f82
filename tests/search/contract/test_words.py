"""What every engine finds by words, and completes while they are typed."""

import pytest

from search import synonyms
from search.engines.base import Ask, Scope, Wording
from search.synonyms import Synonyms
from tests.search.contract.asking import found, keys

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Trop de files d’attente", "file d'attente"),
        ("Le colis est abîmé", "colis abîmés"),
        ("Les vélos électriques", "vélo électrique"),
        ("Préparer l’événement", "évènements"),
        ("Préparer l’évènement", "evenement"),
        ("L'EVENEMENT DU MOIS", "événement"),
        ("Un casier à l’entrée", "entrée"),
        ("Jusqu’à l’arrivée du facteur", "arrivees"),
        ("Un nœud de raccordement", "noeuds"),
        ("Des horaires locaux", "horaire local"),
    ],
)
def test_spelling_variants_find_each_other(engine, write, told, written, asked):
    write("1", written)
    write("2", "Une machine à café dans la salle de repos")
    told()
    assert found(engine, asked) == {"1"}


def test_most_of_many_words_are_enough(engine, write, told):
    write("1", "Une borne à tickets", "Pour que les clients attendent assis devant le guichet.")
    write("2", "Un guichet fermé", "Le samedi.")
    told()
    assert found(engine, "borne tickets clients guichet automatique") == {"1"}


def test_one_word_is_enough_where_no_document_has_most(engine, write, told):
    write("1", "Une borne à tickets")
    write("2", "Des chaises")
    told()
    assert found(engine, "borne vélo parapluie casque") == {"1"}


def test_a_word_that_nobody_wrote_is_corrected(engine, write, told):
    write("1", "Réduire l’attente au guichet")
    write("2", "Une borne à tickets")
    told()
    page = engine.lexical(Ask(Wording("attnete guichet"), order="relevance"))
    assert keys(page) == ["1"]
    assert page.correction == "attente guichet"


@pytest.fixture
def same(db):
    """Keep sets of words that mean the same: `same("bal", "boîte aux lettres")`."""

    def keep(*words):
        Synonyms.objects.create(words=", ".join(words))
        synonyms.forget()

    return keep


def test_what_means_the_same_is_found_and_marked(engine, write, told, same):
    write("1", "Une boîte aux lettres rouillée")
    write("2", "Des lettres dans une boîte")
    write("3", "Une BAL neuve")
    told()
    assert found(engine, "BAL") == {"3"}
    same("BAL", "boîte aux lettres")
    assert found(engine, "BAL") == {"1", "3"}
    assert found(engine, "boîtes aux lettres") == {"1", "2", "3"}
    page = engine.lexical(Ask(Wording("bal"), order="relevance"))
    assert {"bal", "boit", "lettr"} <= page.terms


def test_a_changed_set_applies_without_a_rebuild(engine, write, told, same):
    write("1", "Le préposé est malade")
    told()
    same("facteur", "préposé")
    assert found(engine, "facteur malade") == {"1"}
    Synonyms.objects.all().delete()
    synonyms.forget()
    assert found(engine, "facteur") == set()


def test_a_phrase_stands_together(engine, write, told):
    write("1", "Un avis de passage lisible")
    write("2", "Un passage sans avis")
    told()
    assert found(engine, "", phrases=("avis de passage",)) == {"1"}


def test_a_phrase_does_not_run_from_title_to_text(engine, write, told):
    write("1", "Un avis", "Passage du facteur.")
    told()
    assert found(engine, "", phrases=("avis passage",)) == set()


def test_unwanted_words_exclude(engine, write, told):
    write("1", "Un guichet pour les colis")
    write("2", "Un guichet pour les recommandés")
    told()
    assert found(engine, "guichet", without=("colis",)) == {"2"}


@pytest.mark.parametrize(
    ("words", "others", "expected"),
    [
        ("le", {"phrases": ("point relais",)}, {"1"}),
        ("", {"phrases": ("de la", "point relais")}, {"1"}),
        ("guichet", {"phrases": ("de la",)}, {"2"}),
        ("guichet", {"without": ("la",)}, {"2"}),
        ("le", {"without": ("relais",)}, {"2", "3"}),
        ("", {"without": ("relais", "la")}, {"2", "3"}),
        ("de la", {}, set()),
        ("", {"phrases": ("de la",)}, set()),
        ("", {"without": ("la",)}, set()),
        ("le", {"phrases": ("de la",), "without": ("des",)}, set()),
    ],
)
def test_what_every_text_has_is_not_asked_for(engine, write, told, words, others, expected):
    write("1", "Le point relais de la gare")
    write("2", "Le guichet de la gare")
    write("3", "Un point de vente")
    told()
    assert found(engine, words, **others) == expected


def test_a_word_in_the_title_counts_more(engine, write, told):
    write("1", "Un banc devant la porte", "Avec un parasol, pour ceux qui viennent tôt.")
    write("2", "Un parasol pour le banc", "Devant la porte, pour ceux qui viennent tôt.")
    told()
    page = engine.lexical(Ask(Wording("parasol"), order="relevance"))
    assert keys(page) == ["2", "1"]


def test_rare_words_count_more_than_common_ones(engine, write, told):
    for number in range(8):
        write(f"{number}", "Un colis en retard", "Encore.")
    write("8", "Un tricycle en retard", "Encore.")
    told()
    page = engine.lexical(Ask(Wording("colis tricycle"), order="relevance", relaxed=True))
    assert keys(page)[0] == "8"


def test_alike_shares_telling_words(engine, write, told):
    write("1", "Un tricycle pour les colis lourds", "La pente est rude.")
    write("2", "Une tasse à café")
    write("3", "Un tricycle électrique", "Les colis lourds montent la pente.")
    told()
    hits = engine.alike("Le tricycle et la pente, avec des colis lourds", Scope(), 5)
    assert {hit.key for hit in hits} == {"1", "3"}


def test_suggestions_complete_what_is_being_typed(engine, write, told):
    write("1", "Un avis de passage lisible")
    write("2", "Passerelle pour les chariots")
    write("3", "Un avis de passage caché", public=False)
    told()
    assert engine.suggest("avis de pass", 5, Scope()) == ["Un avis de passage lisible"]
    assert "Passerelle pour les chariots" in engine.suggest("passer", 5, Scope())
    assert engine.suggest("", 5, Scope()) == []
    assert engine.suggest("zzzzzz", 5, Scope()) == []


@pytest.mark.parametrize("strange", ["😀", "\x00", "'\" OR 1=1 --", "* AND (", "а" * 5000, "%_\\"])
def test_strange_words_find_nothing_and_break_nothing(engine, write, told, strange):
    write("1", "Un guichet")
    told()
    assert found(engine, strange) == set()
    assert engine.suggest(strange, 3, Scope()) == []
