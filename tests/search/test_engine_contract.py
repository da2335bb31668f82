"""What every engine must answer. A new engine is added to `search.engines.ENGINES`, not here."""

from dataclasses import replace
from itertools import count, islice, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import synonyms
from search.engines.base import ORDERS, Ask, Page, Scope, Wording
from search.meaning import direction, vector_of
from search.models import Document
from search.synonyms import Synonyms

pytestmark = pytest.mark.django_db


# Each example of a property has documents of its own.
examples = count()


def keys(page: Page) -> list[str]:
    return [hit.key for hit in page.hits]


def towards(engine, text):
    return direction(vector_of(text), engine.statistics().mean)


def found(engine, words, **others):
    wording = Wording(words, **others)
    return set(keys(engine.lexical(Ask(wording, order="relevance"))))


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


def test_only_what_everyone_may_read(engine, write, told):
    write("1", "Un guichet public")
    write("2", "Un guichet en attente", public=False)
    told()
    assert found(engine, "guichet") == {"1"}
    everything = Ask(Wording("guichet"), Scope(public=False))
    assert set(keys(engine.lexical(everything))) == {"1", "2"}


def test_filters_are_alternatives_inside_a_facet_and_add_up_between_facets(engine, write, told):
    write("1", "A", theme="waiting", region="bretagne")
    write("2", "B", theme="parcels", region="bretagne")
    write("3", "C", theme="rounds", region="bretagne")
    write("4", "D", theme="waiting", region="corse")
    told()
    scope = Scope({"theme": ["waiting", "parcels"], "region": ["bretagne"], "state": []})
    assert set(keys(engine.lexical(Ask(scope=scope)))) == {"1", "2"}


def test_a_facet_is_counted_without_its_own_filter(engine, write, told):
    write("1", "A", theme="waiting", region="bretagne")
    write("2", "B", theme="parcels", region="bretagne")
    write("3", "C", theme="waiting", region="corse")
    told()
    page = engine.lexical(Ask(scope=Scope({"theme": ["waiting"]})))
    assert page.total == 2
    assert page.facets["theme"] == {"waiting": 2, "parcels": 1}
    assert page.facets["region"] == {"bretagne": 1, "corse": 1}


def test_an_unknown_slug_finds_nothing(engine, write, told):
    write("1", "A")
    told()
    assert engine.lexical(Ask(scope=Scope({"theme": ["nowhere"]}))).total == 0


@pytest.mark.parametrize(
    ("order", "best"),
    [("rising", "1"), ("backed", "2"), ("discussed", "3"), ("new", "4")],
)
def test_each_order_has_its_first(engine, write, told, order, best):
    write("1", "A", rising=9.0)
    write("2", "B", backed=0.9)
    write("3", "C", comments=9)
    write("4", "D")
    told()
    assert keys(engine.lexical(Ask(order=order)))[0] == best


def test_the_draw_is_the_same_for_a_seed_and_another_for_the_next(engine, write, told):
    for number in range(30):
        write(str(number), f"Idée {number}")
    told()
    one, again, other = (
        keys(engine.lexical(Ask(order="discover", seed=seed))) for seed in ("a", "a", "b")
    )
    assert one == again
    assert one != other


def test_the_draw_prefers_what_few_have_read(engine, write, told):
    for number in range(20):
        write(str(number), f"Idée {number}", exploration=8.0 if number < 10 else 1.0)
    told()
    first = [keys(engine.lexical(Ask(order="discover", seed=str(n))))[0] for n in range(200)]
    # 8 to 1, ten of each: 178 of 200 expected.
    assert 160 < sum(int(key) < 10 for key in first) < 195


def pages(engine, ask, between=lambda: None):
    """All keys in the order in which pages show them, something happening between two pages."""
    after = ""
    while True:
        page = engine.lexical(Ask(**{**vars(ask), "after": after}))
        yield from keys(page)
        after = page.next
        if not after:
            return
        between()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    values=st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=12),
    size=st.integers(1, 5),
    order=st.sampled_from([order for order in ORDERS if order != "relevance"]),
    new=st.lists(st.sampled_from([-1.0, 1.0, 3.0]), max_size=3),
)
def test_pages_neither_repeat_nor_miss_while_documents_come(
    engine, write, told, values, size, order, new
):
    theme = f"example-{next(examples)}"

    def add(name, value):
        numbers = {"rising": value, "backed": value, "comments": int(value) + 1}
        write(f"{theme}-{name}", "Un guichet", theme=theme, **numbers)
        return f"{theme}-{name}"

    old = {add(f"old{number}", value) for number, value in enumerate(values)}
    told()
    coming = enumerate(new)

    def insert():
        for number, value in islice(coming, 1):
            add(f"new{number}", value)
            told()

    ask = Ask(Wording("guichet"), Scope({"theme": [theme]}), order=order, size=size, seed="s")
    shown = list(pages(engine, ask, insert))
    assert len(shown) == len(set(shown))
    assert {key for key in shown if "-old" in key} == old


def test_a_cursor_that_no_page_gave_out_is_the_first_page(engine, write, told):
    write("1", "A")
    told()
    for cursor in ("x", "1.0", "nan:1", "0x1p0:-5", "é:é"):
        assert engine.lexical(Ask(after=cursor)).total == 1


def test_also_counts_as_found_inside_the_filters(engine, write, told):
    write("1", "Un guichet", theme="waiting")
    write("2", "Une machine à café", theme="waiting")
    write("3", "Une machine à café", theme="parcels")
    told()
    scope = Scope({"theme": ["waiting"]})
    page = engine.lexical(Ask(Wording("guichet"), scope, also=["2", "3", "none"]))
    assert page.total == 2
    assert page.also == ["2"]
    assert page.facets["theme"] == {"waiting": 2, "parcels": 1}


def test_only_leaves_nothing_else(engine, write, told):
    write("1", "Un guichet")
    write("2", "Un guichet")
    told()
    assert keys(engine.lexical(Ask(only=["2", "none"]))) == ["2"]


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


def test_a_changed_text_is_found_by_its_new_words_alone(engine, write, told):
    write("1", "Un guichet")
    told()
    assert found(engine, "guichet") == {"1"}
    write("1", "Une passerelle")
    told()
    assert found(engine, "guichet") == set()
    assert found(engine, "passerelle") == {"1"}


def test_changed_numbers_change_the_order_alone(engine, write, told):
    write("1", "A", rising=1.0)
    write("2", "B", rising=2.0)
    told()
    Document.put_numbers("1", rising=3.0)
    told()
    assert keys(engine.lexical(Ask(order="rising"))) == ["1", "2"]


def test_a_removed_document_is_not_found_and_can_come_back(engine, write, told):
    write("1", "Un guichet")
    told()
    assert found(engine, "guichet") == {"1"}
    Document.remove("1")
    told()
    assert found(engine, "guichet") == set()
    assert list(engine.held()) == []
    write("1", "Un guichet")
    told()
    assert found(engine, "guichet") == {"1"}


def test_what_is_held_is_what_was_written(engine, write, told):
    write("1", "A")
    write("2", "B")
    Document.put_numbers("2", rising=3.0)
    told()
    assert dict(engine.held()) == {"1": 1, "2": 2}


def test_the_corpus_is_known(engine, write, told):
    write("1", "Un guichet")
    write("2", "Un guichet et un banc")
    told()
    known = engine.statistics()
    assert known.documents == 2
    assert known.rarity("banc") > known.rarity("guichet")


def test_rebuilding_changes_nothing_that_is_found(engine, write, told):
    write("1", "Un guichet")
    write("2", "Un banc")
    told()
    steps = list(engine.rebuild())
    assert steps[-1][0] == steps[-1][1]
    assert found(engine, "guichet") == {"1"}


@pytest.mark.parametrize("strange", ["😀", "\x00", "'\" OR 1=1 --", "* AND (", "а" * 5000, "%_\\"])
def test_strange_words_find_nothing_and_break_nothing(engine, write, told, strange):
    write("1", "Un guichet")
    told()
    assert found(engine, strange) == set()
    assert engine.suggest(strange, 3, Scope()) == []
