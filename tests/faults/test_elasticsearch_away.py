"""Elasticsearch in all its bad moments: afterwards nothing differs, and nobody lent a hand.

Each fault has its control, the same with the protection off: there something is missing.
"""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.db import connection
from elasticsearch import TransportError

from ideas.models import Idea, Vote
from search import engines, indexing, tasks
from search.engines.base import EngineUnavailable, Told
from search.engines.elastic import bulk, rebuilding
from search.engines.elastic.index import Indexes
from search.find import Query, find
from search.indexing import compare
from search.models import Document
from tests.faults.conftest import environment, swept, worker

pytestmark = [
    pytest.mark.elasticsearch,
    pytest.mark.django_db(transaction=True),
    # One worker, one server.
    pytest.mark.xdist_group("faults"),
]
FIELDS = {"state": "published", "public": True, "theme": "waiting"}
MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _written_by_web_processes(monkeypatch):
    """Wake-ups go to a worker, which a test has or has not; vectors are another matter."""
    monkeypatch.setattr(Document, "_wake", lambda *_: None)
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)
    # What is logged keeps its exception, and that one the documents that were to be told.
    monkeypatch.setattr(tasks.logger, "disabled", True)


def put(key, title="Un guichet"):
    Document.put(key, title=title, body="", published_at=MAY, **FIELDS)


def put_many(number, title="Un guichet", first=0):
    fields = {"title": title, "body": "Les clients attendent. " * 60, "published_at": MAY}
    Document.put_new({str(first + n): {**fields, **FIELDS} for n in range(number)})


def client():
    return engines.engine()._connection.patient


def tell_blindly(_until):
    """Without waiting for the answer, as a signal that nobody keeps would."""
    while batch := list(Document.objects.unindexed().order_by("change")[: indexing.BATCH]):
        indexing.mark_told(batch)
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
    assert not compare()
    assert len(dict(engines.engine().held())) == Idea.objects.count() == ideas + 10
    assert not find(Query(f"idée {ideas + 9}", order="relevance")).degraded


def test_told_blindly_what_was_written_while_it_is_away_would_be_lost(people_write, monkeypatch):
    monkeypatch.setattr(indexing, "tell_waiting", tell_blindly)
    people_write(20)
    assert len(compare().missing) == 20


# --- Killed in the middle of a bulk ----------------------------------------------------------


def killed_in_a_bulk(server, monkeypatch):
    """Kill it while it is at the first of several bulks."""
    put_many(4 * indexing.BATCH)
    busy, unanswered = threading.Event(), []
    patient = client()
    send = patient.bulk

    def noticed(**arguments):
        busy.set()
        try:
            return send(**arguments)
        except TransportError as error:
            unanswered.append(error)
            raise

    with monkeypatch.context() as patched:
        patched.setattr(patient, "bulk", noticed)
        with worker():
            assert busy.wait(60)
            server.kill()
    server.start()
    swept()
    assert unanswered


def test_killed_in_the_middle_of_a_bulk(server, monkeypatch):
    killed_in_a_bulk(server, monkeypatch)
    assert not compare()
    assert len(dict(engines.engine().held())) == 4 * indexing.BATCH


def test_told_blindly_the_rest_of_a_bulk_would_be_lost(server, monkeypatch):
    monkeypatch.setattr(indexing, "tell_waiting", tell_blindly)
    killed_in_a_bulk(server, monkeypatch)
    assert len(compare().missing) >= 3 * indexing.BATCH


# --- A red index -----------------------------------------------------------------------------


def damage(server):
    """Destroy the files of the index that is searched, as a broken disk does."""
    name = engines.engine().indexes.serving().name
    client().indices.flush(index=name)
    client().indices.close(index=name)
    uuid = client().indices.get_settings(index=name)[name]["settings"]["index"]["uuid"]
    folder = server.folder / "elasticsearch/node-1/data/indices" / uuid
    (commit,) = folder.glob("0/index/segments_*")
    commit.write_bytes(commit.read_bytes()[:20])
    client().indices.open(index=name, wait_for_active_shards=0)
    until = time.monotonic() + 30
    while client().cluster.health(index=name)["status"] != "red" and time.monotonic() < until:
        time.sleep(0.1)
    assert client().cluster.health(index=name)["status"] == "red"


def test_a_red_index_is_made_anew(server, monkeypatch):
    put_many(20)
    swept()
    damage(server)
    assert find(Query("guichet", order="relevance")).degraded
    # The control: a sweep that does not look at its health leaves it as it is.
    with monkeypatch.context() as patched:
        patched.setattr(Indexes, "is_lost", lambda *_: False)
        tasks.sweep()
    assert find(Query("guichet", order="relevance")).degraded
    swept()
    assert not find(Query("guichet", order="relevance")).degraded
    assert not compare()
    assert len(dict(engines.engine().held())) == 20
    assert client().cluster.health()["status"] == "green"


# --- A mapping that does not fit -------------------------------------------------------------


@pytest.fixture
def narrower(server):
    """In place of the index one that lacks a field, as an earlier version has made it."""

    def put_in_place(schema):
        indexes = engines.engine().indexes
        name = indexes.serving().name
        made = client().indices.get(index=name)[name]
        mappings = made["mappings"]
        del mappings["properties"]["theme"]
        mappings["_meta"]["schema"] = schema
        kept = {"analysis": made["settings"]["index"]["analysis"]}
        indexes.drop(name)
        aliases = {indexes.read: {}, indexes.write: {}}
        client().indices.create(index=name, mappings=mappings, settings=kept, aliases=aliases)
        engines.engine().forget()
        indexes._known.clear()

    return put_in_place


def test_an_index_whose_mapping_does_not_fit_is_made_anew(narrower):
    narrower(schema="of an earlier version")
    put_many(20)
    tasks.drain()
    assert Document.objects.unindexed().count() == 20
    swept()
    assert not Document.objects.refused().exists()
    assert not compare()
    assert len(dict(engines.engine().held())) == 20


def test_a_mapping_that_said_it_fitted_would_take_nothing(narrower):
    """The control: the index passes for one of the present form."""
    narrower(schema=engines.engine().indexes.schema)
    put_many(20)
    swept()
    assert Document.objects.refused().count() == 20
    assert len(dict(engines.engine().held())) == 0


# --- A full disk -----------------------------------------------------------------------------


def watermark(size):
    """From how little free space on a disk Elasticsearch keeps away from it: it looks by itself."""
    marks = ("low", "high", "flood_stage")
    names = {f"cluster.routing.allocation.disk.watermark.{mark}": size for mark in marks}
    client().cluster.put_settings(persistent=names)


def until_writes_are(refused):
    """Elasticsearch looks at its disk every ten seconds, and closes or opens the index itself."""
    name = engines.engine().indexes.serving().name
    for _ in range(150):
        blocks = client().indices.get_settings(index=name)[name]["settings"]["index"]
        if refused == ("read_only_allow_delete" in blocks.get("blocks", {})):
            return
        time.sleep(0.2)
    raise AssertionError("Elasticsearch did not look at its disk")


def given_up(items):
    """Everything that was not taken is set aside, whatever the reason."""
    told = bulk_sorted_out(items)
    others = {result["_id"] for item in items for result in item.values()} - told.taken
    return Told(told.taken, dict.fromkeys(others, "given up"))


bulk_sorted_out = bulk._sorted_out


def test_what_a_full_disk_did_not_take_is_told_once_there_is_room(server, monkeypatch):
    put_many(20)
    swept()
    try:
        watermark("900tb")
        until_writes_are(refused=True)
        # The control: documents that are told without telling "never" from "not now".
        put_many(3, first=100)
        with monkeypatch.context() as patched:
            patched.setattr(bulk, "_sorted_out", given_up)
            tasks.drain()
        put_many(5, first=200)
        tasks.drain()
        assert Document.objects.unindexed().count() == 5
        assert not find(Query("guichet", order="relevance")).degraded
    finally:
        watermark(None)
    until_writes_are(refused=False)
    swept()
    assert not compare()
    held = dict(engines.engine().held())
    assert {str(n) for n in (*range(20), *range(200, 205))} == set(held)
    assert {row.key for row in Document.objects.refused()} == {"100", "101", "102"}


# --- A worker killed between telling and noting it -------------------------------------------

WORKER = """
import os, sys, django
django.setup()
from search import indexing
from search.engines.elastic.engine import ElasticsearchEngine
from search.models import Document
tell, note = ElasticsearchEngine.tell, indexing.mark_told
def told_and_killed(self, documents):
    tell(self, documents)
    os._exit(9)
def noted_and_killed(self, documents):
    note(documents)
    os._exit(9)
ElasticsearchEngine.tell = told_and_killed if sys.argv[1] == "told" else noted_and_killed
indexing.tell_waiting()
"""


def killed_worker(server, first):
    killed = subprocess.run(
        [sys.executable, "-c", WORKER, first],
        env=environment(server),
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == 9, killed.stderr


def test_a_worker_killed_between_telling_and_noting_it_does_no_harm(server):
    put_many(5)
    killed_worker(server, "told")
    assert len(dict(engines.engine().held())) == 5
    assert Document.objects.unindexed().count() == 5
    swept()
    assert not compare()
    assert set(dict(engines.engine().held()).values()) == {1}


def test_a_worker_that_noted_it_first_would_lose_documents(server):
    """The control: the same kill, with the two steps the other way round."""
    put_many(5)
    killed_worker(server, "noted")
    swept()
    assert len(compare().missing) == 5


# --- Writes during a rebuild -----------------------------------------------------------------


def rebuilt_under_writes(monkeypatch):
    """A hundred writes a second, a tenth of them deletions, during a rebuild in twenty steps."""
    monkeypatch.setattr(rebuilding, "AT_ONCE", 100)
    put_many(2000)
    swept()
    over = threading.Event()
    written = []

    def work():
        began = time.monotonic()
        while not over.is_set():
            number = len(written)
            put(str(7 * number % 2000), f"Un guichet changé {number}")
            if number % 10 == 0:
                Document.remove(str(7 * number % 2000 + 1))
            written.append(number)
            time.sleep(max(0, began + len(written) / 100 - time.monotonic()))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    with worker():
        for step, _progress in enumerate(engines.engine().rebuild()):
            while len(written) < 20 * step and thread.is_alive():
                time.sleep(0.01)
        over.set()
        thread.join()
    swept()
    assert len(written) >= 400


def test_100_writes_a_second_during_a_rebuild_are_all_there(server, monkeypatch):
    rebuilt_under_writes(monkeypatch)
    assert not compare()


def test_told_to_one_index_writes_during_a_rebuild_would_be_lost(server, monkeypatch):
    """The control: only the index that is searched is told, as a plain re-index would."""
    both = Indexes.told
    monkeypatch.setattr(Indexes, "told", lambda self: both(self)[:1])
    rebuilt_under_writes(monkeypatch)
    found = compare()
    assert found.outdated
    assert found.superfluous
