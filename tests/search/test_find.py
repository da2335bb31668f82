"""Words and meaning together, over every engine."""

import base64
import zlib
from time import monotonic

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search import engines
from search.engines.base import EngineUnavailable
from search.find import READINESS, Cursor, Query, Readiness, find, is_degraded, readiness, suggest
from search.models import Document
from search.similar import band, similar, similar_to

pytestmark = pytest.mark.django_db

POSTAL = {
    "1": ("Les clients patientent debout", "Ils attendent une demi-heure, il y a trop de monde."),
    "2": ("Remplacer les pneus des vélos", "Chaque hiver, la chaussée est glissante."),
    "3": ("Un tri sélectif dans la salle de repos", "Le plastique part avec le reste."),
    "4": ("Une borne à tickets", "Chacun saurait quand vient son tour au guichet."),
    "5": ("Des gants plus chauds", "Le matin, les mains gèlent au casier."),
}


@pytest.fixture
def postal(engine, write, told):
    for key, (title, body) in POSTAL.items():
        write(key, title, body)
    told()
    return engine


def relevant(text, **others):
    return find(Query(text, order="relevance", **others))


def test_other_words_are_found_by_meaning(postal):
    found = relevant("file d'attente trop longue au guichet")
    assert found.by_meaning
    assert "1" in found.keys[:2]
    assert found.total == len(found.keys)
    assert found.facets["theme"] == {"waiting": found.total}


def test_what_has_nothing_to_do_with_it_is_not_shown(postal):
    assert "3" not in relevant("file d'attente trop longue au guichet").keys


def test_operators_ask_for_these_words_and_no_others(postal):
    found = relevant('"borne à tickets"')
    assert found.keys == ["4"]
    assert not found.by_meaning
    assert relevant("guichet -borne").keys == []


@pytest.mark.parametrize("order", ["relevance", "new"])
def test_a_phrase_is_found_whatever_stands_beside_it(postal, order):
    assert find(Query('la "borne à tickets"', order=order)).keys == ["4"]
    assert set(find(Query("la -borne", order=order)).keys) == {"1", "2", "3", "5"}
    assert find(Query('"de la"', order=order)).keys == []


@pytest.mark.parametrize("reference", ["T-000004", "t-4", " T4 "])
def test_a_reference_number_finds_its_idea(postal, reference):
    found = relevant(reference)
    assert found.keys == ["4"]
    assert found.highlights["4"].title == [("Une borne à tickets", False)]


def test_a_reference_number_shows_nobody_what_is_not_public(postal, write, told):
    write("6", "Un guichet", public=False)
    told()
    assert relevant("T-000006").keys == []
    assert relevant("T-000006", public=False).keys == ["6"]


def test_hits_are_marked_in_title_and_text(postal):
    marked = relevant("bornes guichets").highlights["4"]
    assert marked.title == [("Une ", False), ("borne", True), (" à tickets", False)]
    assert ("guichet", True) in marked.body
    assert "".join(text for text, _hit in marked.body) == POSTAL["4"][1]


def test_markup_in_a_text_stays_text(postal, write, told):
    title = "<script>alert(1)</script> & <b>parapluie</b>"
    write("6", title)
    told()
    marked = relevant("parapluie").highlights["6"]
    assert "".join(text for text, _hit in marked.title) == title


def test_a_typing_error_is_put_right_and_said(postal):
    found = relevant("tikets")
    assert found.keys[0] == "4"
    assert found.correction == "tickets"


def test_without_a_text_ideas_come_in_the_order_asked_for(postal):
    found = find(Query(order="new", size=2))
    assert found.keys == ["5", "4"]
    assert found.total == 5
    assert find(Query(order="new", size=2, after=found.next)).keys == ["3", "2"]


def test_relevance_without_a_text_is_rising(postal, told):
    Document.put_numbers("3", rising=5.0)
    told()
    assert relevant("").keys[0] == "3"


def test_a_text_of_signs_alone_finds_nothing(postal):
    for text in ("😀", "-", '""', "???"):
        assert relevant(text).keys == []


def test_unknown_filters_are_refused(postal):
    with pytest.raises(ValueError, match="author"):
        find(Query(filters={"author": ["x"]}))


def everything(text, size, between=lambda: None):
    shown, after = [], ""
    while True:
        found = relevant(text, size=size, after=after)
        shown += found.keys
        after = found.next
        if not after:
            return shown, found
        between()


def test_pages_by_relevance_neither_repeat_nor_miss(engine, write, told):
    for number in range(150):
        write(f"{number}", f"Un guichet {'guichet ' * (number % 7)}", "Plus " * (number % 5))
    told()
    shown, last = everything("guichet", 40)
    assert len(shown) == len(set(shown)) == last.total == 150


def test_pages_by_relevance_stand_while_ideas_come(engine, write, told):
    for number in range(130):
        write(f"{number}", f"Un guichet {'guichet ' * (number % 7)}")
    told()
    coming = iter(range(1000, 1100))

    def insert():
        for _ in range(3):
            write(f"{next(coming)}", "Guichet guichet guichet guichet")

    shown, _last = everything("guichet", 15, insert)
    assert len(shown) == len(set(shown))
    assert {str(number) for number in range(130)} <= set(shown)


def test_a_cursor_that_no_page_gave_out_is_the_first_page(postal):
    first = relevant("guichet").keys
    for cursor in ("x", "é", "AAAA", "eJwDAAAAAAE", Cursor(("9",)).packed()[:-3]):
        assert relevant("guichet", after=cursor).keys == first


def forged(said):
    """What a page gives out, written by somebody else."""
    packed = base64.urlsafe_b64encode(zlib.compress(said.encode())).decode().rstrip("=")
    return [packed, f".{packed}", f".{packed}:{packed}"]


@pytest.mark.parametrize(
    "said",
    [
        '[["1"],Infinity,"",false,"",false]',
        '[{"1":1},0,"",false,"",false]',
        '[["x","1 OR 1=1"],0,"start",false,"",false]',
        '[["2","3"],0,"",false,"",false]',
        "[" * 30_000,
    ],
    ids=["a number", "a head", "keys", "other keys", "deep"],
)
@pytest.mark.parametrize("order", ["relevance", "new"])
def test_a_forged_cursor_is_the_first_page(postal, said, order):
    first = find(Query("guichet", order=order))
    for cursor in forged(said):
        assert find(Query("guichet", order=order, after=cursor)) == first


def test_a_cursor_comes_back_as_it_was_given_out():
    cursor = Cursor(("12", "7"), 1, "-0.25:-17", True, "été", True)
    assert Cursor.unpacked(cursor.packed()) == cursor
    assert cursor.packed() == cursor.packed()


@pytest.mark.parametrize("after", ["1e30:5", "0.8341:12", "Infinity:1", "nan:1", "x"])
def test_a_strange_place_in_a_list_makes_nobody_do_without_the_engine(postal, after):
    assert not find(Query(order="new", after=after)).degraded
    assert not is_degraded()


@pytest.mark.elasticsearch
def test_a_request_that_is_refused_is_no_outage(elastic, write, told):
    write("1", "Un guichet")
    told()
    too_many = 20_000
    refused = find(Query("guichet", order="new", size=too_many))
    assert refused.degraded
    assert refused.keys == ["1"]
    assert not is_degraded()
    assert not find(Query("guichet", order="new")).degraded


def test_similar_ideas_while_typing(postal):
    matches = similar("Trop d'attente", "Les clients attendent debout une demi-heure.")
    assert matches[0].key == "1"
    assert matches[0].by_meaning
    assert "debout" in matches[0].shared_terms
    assert matches[0].probability > matches[1].probability
    assert similar("Trop d'attente", "Les clients attendent.", exclude=["1"])[0].key != "1"


def test_the_likelier_the_stronger_the_band():
    strength = ["weak", "warn", "propose", "certain"]
    bands = [strength.index(band(share / 50)) for share in range(51)]
    assert bands == sorted(bands)
    assert bands[0] == 0
    assert bands[-1] >= 2


def test_nothing_is_similar_to_nothing(postal):
    assert similar("", "") == []
    assert similar("😀", "") == []


def test_ideas_similar_to_a_stored_one(postal, write, told):
    write("6", "Nos clients restent debout", "On attend une demi-heure tant il y a de monde.")
    told()
    matches = similar_to("6")
    assert matches[0].key == "1"
    assert "6" not in {match.key for match in matches}
    assert similar_to("nobody") == []


def test_suggestions_are_titles(postal):
    assert "Une borne à tickets" in suggest("born")


def test_readiness_counts_what_can_be_found_by_meaning(postal, write):
    assert readiness() == Readiness(5, 5)
    write("6", "Pas encore")
    assert readiness() == Readiness(5, 5), "counted every few seconds only"


def test_readiness_is_counted_again_however_often_it_is_asked(postal, write, monkeypatch):
    begun = monotonic()
    assert readiness() == Readiness(5, 5)
    write("6", "Pas encore")
    cache.delete(READINESS)  # its seconds there are over before those of the process
    for second in (3, 6):
        monkeypatch.setattr("pieces.memory.monotonic", lambda second=second: begun + second)
        seen = readiness()
    assert seen == Readiness(6, 5)


class Away:
    """An engine whose server is gone."""

    reads_table = False

    def __getattr__(self, name):
        def fail(*args, **kwargs):
            raise EngineUnavailable

        return fail


def test_the_database_answers_while_the_engine_is_away(postal, monkeypatch):
    away = Away()
    monkeypatch.setattr(engines, "engine", lambda: away)
    found = relevant("borne")
    assert found.keys == ["4"]
    assert found.degraded
    assert similar_to("4") is not None


def test_the_number_of_queries_does_not_grow(postal, write, django_assert_num_queries):
    relevant("guichet")
    with CaptureQueriesContext(connection) as few:
        relevant("guichet")
    for number in range(6, 30):
        write(f"{number}", f"Un guichet {number}")
    relevant("guichet")
    with django_assert_num_queries(len(few)):
        relevant("guichet")


# --- Only these, and what was done without ----------------------------------------------------


@pytest.mark.parametrize("order", ["relevance", "new"])
@pytest.mark.parametrize(
    ("only", "keys"), [(["1", "4"], ["1", "4"]), ([], []), (["99"], []), (None, list("12345"))]
)
def test_only_some_keys_are_looked_at(postal, order, only, keys):
    found = find(Query(order=order, only=only))
    assert sorted(found.keys) == keys
    assert found.total == len(keys)
    assert found.facets["theme"] == ({"waiting": len(keys)} if keys else {})


def test_words_are_looked_for_among_only_some_keys(postal, write, told):
    write("6", "Un guichet de plus")
    told()
    assert relevant("guichet", only=["6", "2"]).keys == ["6"]
    assert find(Query("guichet", order="new", only=["6", "2"])).keys == ["6"]


@pytest.mark.parametrize("order", ["relevance", "new", "rising"])
def test_every_page_says_that_no_document_has_all_the_words(engine, write, told, order):
    for number in range(5):
        write(f"{number}", "Une borne" if number % 2 else "Un parapluie")
    told()
    first = find(Query("borne parapluie", order=order, size=3))
    second = find(Query("borne parapluie", order=order, size=3, after=first.next))
    assert first.relaxed
    assert second.relaxed
    assert sorted([*first.keys, *second.keys]) == list("01234")


@pytest.mark.parametrize("order", ["relevance", "new"])
def test_where_one_has_the_words_nothing_was_done_without(postal, order):
    assert not find(Query("borne tickets", order=order)).relaxed
    assert not find(Query("", order=order)).relaxed


@pytest.mark.parametrize("order", ["relevance", "new", "rising"])
def test_every_page_searches_for_the_word_put_right(engine, write, told, order):
    for number in range(5):
        write(f"{number}", f"Une borne à tickets numéro {number}")
    told()
    first = find(Query("tikets", order=order, size=3))
    second = find(Query("tikets", order=order, size=3, after=first.next))
    assert (first.correction, second.correction) == ("tickets", "tickets")
    assert sorted([*first.keys, *second.keys]) == list("01234")
    assert second.highlights[second.keys[0]].title[1] == ("tickets", True)


def test_words_in_quotes_are_not_put_right(postal):
    found = relevant('"tikets"')
    assert (found.keys, found.correction) == ([], "")
