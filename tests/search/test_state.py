"""What administrators are told of search, and comparisons that are kept; over every engine."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from search import engines, state
from search.check import GIVEN_UP, KEPT, Check
from search.engines.base import EngineUnavailable
from search.models import Document
from search.tasks import check

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(engine, write, told):
    for key in "123":
        write(key, f"Une borne {key}", public=key != "3")
    told()
    return engine


def made(repairs=False):
    """A comparison, as the worker makes it."""
    Check.start(repairs)
    asked = Check.objects.first()
    check(asked.pk)
    asked.refresh_from_db()
    return asked


def test_the_engine_and_its_index_are_named(three):
    now = state.present()
    assert now.engine == settings.SEARCH_ENGINE
    assert not now.degraded
    assert now.index.complete
    assert (now.index.documents, now.documents) == (3, 3)
    assert (now.waiting, now.waiting_since, now.refused) == (0, None, 0)
    assert now.vectors.complete


@pytest.mark.elasticsearch
def test_an_index_has_a_name_and_an_age(elastic):
    index = state.present().index
    assert index.name == elastic.indexes.serving().name
    assert abs(timezone.now() - index.made_at) < timedelta(minutes=5)


@pytest.mark.elasticsearch
def test_an_index_that_is_gone_is_not_complete(elastic):
    elastic.indexes.drop_all()
    elastic.forget()
    now = state.present()
    assert (now.index.name, now.index.documents, now.index.complete) == ("", 0, False)


@pytest.mark.elasticsearch
def test_an_engine_that_is_away_is_said_to_be(elastic):
    away = override_settings(ELASTICSEARCH_URL="http://127.0.0.1:9", ELASTICSEARCH_TIMEOUT=0.5)
    with away:
        engines.named.cache_clear()
        now = state.present()
    engines.named.cache_clear()
    assert now.index is None
    assert now.degraded


@pytest.mark.elasticsearch
def test_what_waits_is_counted_since_its_first_change(elastic, write, told):
    write("1", "Une borne")
    told()
    assert Document.objects.get().waiting_since is None
    write("1", "Une borne bleue")
    first = state.present()
    assert first.waiting == 1
    assert abs(timezone.now() - first.waiting_since) < timedelta(minutes=5)
    write("1", "Une borne rouge")
    assert state.present().waiting_since == first.waiting_since
    told()
    assert state.present().waiting_since is None


@pytest.mark.elasticsearch
def test_what_was_set_aside_is_counted_and_does_not_wait(elastic, write):
    write("1", "Une borne")
    Document.set_aside({"1": (1, "It is poison.")})
    assert (state.present().waiting, state.present().refused) == (0, 1)


def test_where_all_agrees_a_comparison_says_so(three):
    kept = made()
    assert kept.outcome == Check.Outcome.DONE
    assert not kept.differs
    assert (kept.found["documents"], kept.found["missing"]) == (3, 0)
    assert kept.left is None


@pytest.mark.elasticsearch
def test_what_differs_is_kept_with_examples_and_repaired_when_asked(elastic, write, told):
    for key in "123":
        write(key, f"Une borne {key}")
    told()
    elastic.forget_keys(["2"])
    elastic.refresh()
    found = made()
    assert found.differs
    assert (found.found["missing"], found.found["examples"]["missing"]) == (1, ["2"])
    repaired = made(repairs=True)
    elastic.refresh()
    assert repaired.found["missing"] == 1
    assert not made().differs


def test_words_of_an_older_analysis_are_repaired_on_every_engine(three):
    Document.objects.filter(key="1").update(analysis=0)
    repaired = made(repairs=True)
    assert repaired.found["unanalysed"] == 1
    assert not repaired.differs
    assert not repaired.left["differs"]


def test_one_comparison_at_a_time(three):
    Check.objects.create()
    assert not Check.start()
    assert Check.objects.count() == 1


def test_one_whose_worker_is_gone_makes_room(three):
    lost = Check.objects.create(asked_at=timezone.now() - GIVEN_UP - timedelta(minutes=1))
    assert made().outcome == Check.Outcome.DONE
    lost.refresh_from_db()
    assert lost.outcome == Check.Outcome.LOST


def test_a_task_that_comes_twice_compares_once(three):
    kept = made()
    ended = kept.ended_at
    check(kept.pk)
    kept.refresh_from_db()
    assert kept.ended_at == ended


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(EngineUnavailable("away"), Check.Outcome.AWAY), (RuntimeError("?"), Check.Outcome.FAILED)],
)
def test_one_that_fails_says_why_and_ends(three, monkeypatch, error, outcome):
    def fails():
        raise error

    monkeypatch.setattr(type(three), "held", lambda self: fails())
    kept = made()
    assert kept.outcome == outcome
    assert kept.ended_at


def test_old_comparisons_are_forgotten(three):
    for _ in range(KEPT + 3):
        made()
    assert Check.objects.count() == KEPT
