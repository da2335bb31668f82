"""An index made anew while people write: a hundred writes a second, and none is missing."""

import threading
import time

import pytest
from django.db import connection

from search import engines
from search.engines.base import EngineUnavailable
from search.engines.elastic import rebuilding
from search.engines.elastic.index import Indexes
from search.models import Document
from tests.faults.conftest import (
    OF_AN_INDEX,
    differences,
    nothing_differs,
    put,
    put_many,
    swept,
    worker,
)

pytestmark = OF_AN_INDEX
DOCUMENTS, STEPS = 2000, 20
PER_SECOND = 100


class Writing:
    """Writes somewhat faster than is asked for, until it is stopped; ten at each turn.

    A text, a counter, a deletion, and as an import does, seven new ones at once: it needs a tenth
    of a processor.
    """

    def __init__(self):
        self.turns = 0
        self.over = threading.Event()
        self.began = time.monotonic()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self):
        while not self.over.wait(self.began + self.turns / 12.5 - time.monotonic()):
            first = 7 * self.turns
            put(str(first % DOCUMENTS), f"Un guichet changé {self.turns}")
            Document.remove(str((first + 1) % DOCUMENTS))
            Document.put_numbers(str((first + 2) % DOCUMENTS), support=self.turns)
            put_many(f"{(first + more) % DOCUMENTS} new {self.turns}" for more in range(7))
            self.turns += 1
        connection.close()

    def until(self, turns):
        while self.turns < turns and self._thread.is_alive():
            time.sleep(0.01)

    @property
    def per_second(self):
        return 10 * self.turns / (time.monotonic() - self.began)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self._thread.join()


def rebuilt_under_writes(monkeypatch):
    """In twenty steps, each of which waits for its part of the writes; how many a second."""
    monkeypatch.setattr(rebuilding, "AT_ONCE", DOCUMENTS // STEPS)
    put_many(range(DOCUMENTS))
    swept()
    with worker(), Writing() as writing:
        for step, _progress in enumerate(engines.engine().rebuild()):
            writing.until(2.5 * step)
        per_second = writing.per_second
    swept()
    return per_second


def test_100_writes_a_second_during_a_rebuild_are_all_there(server, monkeypatch):
    assert rebuilt_under_writes(monkeypatch) >= PER_SECOND
    nothing_differs(Document.objects.present().count())


@pytest.fixture
def one_index(monkeypatch):
    """Only the index that is searched is told, as a plain re-index would."""
    both = Indexes.told
    monkeypatch.setattr(Indexes, "told", lambda self: both(self)[:1])


@pytest.mark.usefixtures("server", "one_index")
def test_an_index_that_lacks_what_was_written_is_not_put_in_place(monkeypatch):
    with pytest.raises(EngineUnavailable, match="holds"):
        rebuilt_under_writes(monkeypatch)


@pytest.mark.usefixtures("server", "one_index")
def test_told_to_one_index_writes_during_a_rebuild_would_be_lost(monkeypatch):
    """The control: nobody counts either."""
    monkeypatch.setattr(Indexes, "check", lambda *_: None)
    rebuilt_under_writes(monkeypatch)
    found = differences()
    assert found.missing
    assert found.outdated
    assert found.superfluous
