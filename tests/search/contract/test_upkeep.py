"""What every engine knows after documents were changed, removed, told anew."""

import pytest

from search.engines.base import Ask
from search.models import Document
from tests.search.contract.asking import found, keys

pytestmark = pytest.mark.django_db


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
    written = dict(Document.objects.values_list("key", "version"))
    assert written["2"] > written["1"] > 1, "the vector is a version of its own"
    assert dict(engine.held()) == written


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
