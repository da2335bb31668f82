"""Elasticsearch stopped or killed: afterwards nothing differs, and nobody lent a hand.

Each fault has its control, the same with the protection off: there something is missing.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection
from elasticsearch import TransportError

from ideas.models import Idea, Vote
from search import engines, indexing
from search.engines.base import EngineUnavailable
from search.find import Query, find
from search.models import Document
from tests.faults.conftest import (
    OF_AN_INDEX,
    differences,
    nothing_differs,
    patient,
    put_many,
    swept,
    worker,
)

pytestmark = OF_AN_INDEX


def tell_blindly(_until):
    """Without waiting for the answer, as a signal that nobody keeps would."""
    while batch := list(Document.objects.unindexed().order_by("change")[: indexing.BATCH]):
        Document.mark_told(batch)
        with suppress(EngineUnavailable):
            engines.engine().tell(batch)
    return 0


# --- Stopped while people write --------------------------------------------------------------


def cast_all(ideas, people):
    for idea in ideas:
        for person in people:
            Vote.cast(idea, person)
    connection.close()


@pytest.fixture
def people_write(server, submit, moderator, clerk, colleagues):
    """So many ideas, with ten votes each, are written while the server is down."""

    def write(ideas):
        before = [submit(clerk, f"Idée {n}").publish(moderator) for n in range(10)]
        swept()
        server.kill()
        with worker():
            written = [submit(clerk, f"Idée {n}").publish(moderator) for n in range(10, 10 + ideas)]
            backed = [*before, *written][:ideas]
            with ThreadPoolExecutor(2) as people:
                list(people.map(cast_all, (backed[::2], backed[1::2]), [colleagues[:10]] * 2))
            found = find(Query(f"idée {9 + ideas}", order="relevance"))
        server.start()
        swept()
        return found

    return write


def test_hundreds_of_ideas_and_thousands_of_votes_are_written_while_it_is_away(people_write):
    ideas = 500
    found = people_write(ideas)
    assert found.degraded
    assert found.keys[0] == str(Idea.objects.latest("pk").pk)
    assert Vote.objects.count() == 10 * ideas
    nothing_differs(ideas + 10)
    assert not find(Query(f"idée {ideas + 9}", order="relevance")).degraded


def test_told_blindly_what_was_written_while_it_is_away_would_be_lost(people_write, monkeypatch):
    monkeypatch.setattr(indexing, "tell_waiting", tell_blindly)
    people_write(20)
    assert len(differences().missing) == 20


# --- Killed in the middle of a bulk ----------------------------------------------------------


def killed_in_a_bulk(server, monkeypatch):
    """Kill it while it is at the first of several bulks."""
    put_many(range(4 * indexing.BATCH))
    busy, unanswered = threading.Event(), []
    client = patient()
    send = client.bulk

    def noticed(**arguments):
        busy.set()
        try:
            return send(**arguments)
        except TransportError as error:
            unanswered.append(error)
            raise

    with monkeypatch.context() as patched:
        patched.setattr(client, "bulk", noticed)
        with worker():
            assert busy.wait(60)
            server.kill()
    server.start()
    swept()
    assert unanswered


def test_killed_in_the_middle_of_a_bulk(server, monkeypatch):
    killed_in_a_bulk(server, monkeypatch)
    nothing_differs(4 * indexing.BATCH)


def test_told_blindly_the_rest_of_a_bulk_would_be_lost(server, monkeypatch):
    monkeypatch.setattr(indexing, "tell_waiting", tell_blindly)
    killed_in_a_bulk(server, monkeypatch)
    assert len(differences().missing) >= 3 * indexing.BATCH
