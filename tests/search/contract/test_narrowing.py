"""What every engine leaves out, and how it counts what is left."""

import pytest

from search.engines.base import Ask, Scope, Wording
from tests.search.contract.asking import found, keys

pytestmark = pytest.mark.django_db


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
