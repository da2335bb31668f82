"""What every engine finds by meaning, alone and beside words."""

from dataclasses import replace
from itertools import product

import pytest

from search.engines.base import Ask, Scope, Wording
from tests.search.contract.asking import keys, towards

pytestmark = pytest.mark.django_db


def test_what_is_said_in_other_words_is_near(engine, write, told):
    write("1", "Les clients patientent debout une demi-heure", "Il y a trop de monde.")
    write("2", "Remplacer les pneus des vélos chaque hiver")
    write("3", "Un tri sélectif dans la salle de repos")
    told()
    hits = engine.nearest(towards(engine, "file d'attente trop longue au guichet"), Scope(), 3)
    assert hits[0].key == "1"
    assert hits[0].score > hits[1].score + 0.1


HYBRID = {
    "1": {"title": "Trop d'attente au guichet", "theme": "waiting", "region": "bretagne"},
    "2": {"title": "Les clients patientent debout", "theme": "waiting", "region": "bretagne"},
    "3": {"title": "La queue s'allonge à l'accueil", "theme": "welcome", "region": "grand-est"},
    "4": {"title": "Un guichet pour les colis", "theme": "parcels", "region": "bretagne"},
    "5": {"title": "Les clients patientent ici", "theme": "waiting", "public": False},
    "6": {"title": "Attendre son tour prend une heure", "theme": ""},
}


SCOPES = [
    {},
    {"theme": ["waiting"]},
    {"theme": ["waiting", "welcome"], "region": ["grand-est"]},
    {"theme": []},
    {"state": ["nowhere"]},
]


@pytest.mark.parametrize(
    "words", ["guichet", "attente guichet", "atente guichets", "file qui n'avance guère"]
)
def test_words_and_meaning_at_once_count_each_document_once(engine, write, told, words):
    """As when those that are near are looked for first, and then counted among the others."""
    for key, fields in HYBRID.items():
        write(key, **fields)
    told()
    meant = towards(engine, words)

    def enough(hits):
        return [hit.key for hit in hits[:4]]

    near = enough(engine.nearest(meant, Scope(), 5))
    assert {"2", "3", "6"} & set(near), "some are near and have none of the words"
    assert {"1", "4"} & set(near), "and some have them"
    for filters, only in product(SCOPES, [None, ["1", "3", "4"], []]):
        ask = Ask(Wording(words), Scope(filters), "relevance", only=only)
        page = engine.hybrid(ask, meant, 5, enough)
        expected = engine.lexical(replace(ask, also=near))
        assert worded(page) == worded(expected), (filters, only)


def worded(page):
    """A page, but for those that have none of the words and stand in `also`."""
    hits = [hit.key for hit in page.hits if hit.score > 0]
    return replace(page, hits=hits, next="")


def test_without_a_meaning_only_words_count(engine, write, told):
    write("1", "Un guichet")
    write("2", "Les clients patientent")
    told()
    page = engine.hybrid(Ask(Wording("guichet"), order="relevance"), None, 5, list)
    assert keys(page) == ["1"]
    assert page.also == []


def test_near_documents_obey_the_scope(engine, write, told):
    write("1", "Les clients patientent debout", theme="waiting")
    write("2", "Les clients patientent debout longtemps", theme="parcels")
    write("3", "Les clients patientent debout ici", public=False)
    told()
    vector = towards(engine, "les clients attendent debout")
    assert {hit.key for hit in engine.nearest(vector, Scope(), 9)} == {"1", "2"}
    within = Scope({"theme": ["parcels"]})
    assert [hit.key for hit in engine.nearest(vector, within, 9)] == ["2"]
