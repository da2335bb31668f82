"""The quiet notice about the state of search."""

import pytest
from django.utils import translation

from search import engines, find
from search.context import notice
from search.engines.base import EngineUnavailable
from search.models import Document

pytestmark = pytest.mark.django_db


def test_no_news_is_no_notice(write, told):
    write("1", "A")
    assert notice() is None, "one idea that came just now is no news"


def test_it_says_how_many_ideas_can_be_found_by_meaning(db, fields):
    Document.put_new({f"{number}": fields("Une idée") for number in range(1200)})
    with translation.override("fr"):
        said = notice()
    assert said is not None
    assert said["kind"] == "degraded"
    assert "0 sur 1\u00a0200" in said["text"]


def test_it_says_that_the_engine_is_away(db, monkeypatch):
    def question(engine):
        if engine is not engines.fallback():
            raise EngineUnavailable

    assert notice() is None
    monkeypatch.setattr(engines, "engine", object)
    find.answered(question)
    said = notice()
    assert said is not None
    assert said["kind"] == "degraded"


def test_it_is_counted_once_in_a_while(write, django_assert_num_queries):
    write("1", "A")
    notice()
    with django_assert_num_queries(0):
        notice()
