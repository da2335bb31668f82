"""An index that is damaged, of another form or without room: nothing is lost, by no hand."""

import threading
import time

import pytest

from search import engines, tasks
from search.engines.base import Told
from search.engines.elastic import bulk, engine
from search.engines.elastic.index import Indexes
from search.find import Query, find
from search.models import Document
from tests.faults.conftest import OF_AN_INDEX, nothing_differs, patient, put_many, swept, until

pytestmark = OF_AN_INDEX


# --- A red index -----------------------------------------------------------------------------


def damage(server):
    """Destroy the files of the index that is searched, as a broken disk does."""
    name = engines.engine().indexes.serving().name
    patient().indices.flush(index=name)
    patient().indices.close(index=name)
    uuid = patient().indices.get_settings(index=name)[name]["settings"]["index"]["uuid"]
    folder = server.folder / "elasticsearch/node-1/data/indices" / uuid
    (commit,) = folder.glob("0/index/segments_*")
    commit.write_bytes(commit.read_bytes()[:20])
    patient().indices.open(index=name, wait_for_active_shards=0)
    assert until(lambda: patient().cluster.health(index=name)["status"] == "red")


def test_a_red_index_is_made_anew(server, monkeypatch):
    put_many(range(20))
    swept()
    damage(server)
    assert find(Query("guichet", order="relevance")).degraded
    # The control: a sweep that does not look at its health leaves it as it is.
    with monkeypatch.context() as patched:
        patched.setattr(Indexes, "is_lost", lambda *_: False)
        tasks.sweep()
    assert find(Query("guichet", order="relevance")).degraded
    monkeypatch.setattr(engine, "STARTING_SECONDS", 3)
    swept()
    assert not find(Query("guichet", order="relevance")).degraded
    nothing_differs(20)
    assert patient().cluster.health()["status"] == "green"


def start_at_once(primaries):
    """How many shards the server opens at a time: without any, it stays as it is when started."""
    name = "cluster.routing.allocation.node_initial_primaries_recoveries"
    patient().cluster.put_settings(persistent={name: primaries})


@pytest.mark.parametrize("seconds", [60, 0], ids=["patient", "control"])
def test_an_index_is_red_and_not_lost_while_its_server_starts(server, monkeypatch, seconds):
    monkeypatch.setattr(engine, "STARTING_SECONDS", seconds)
    put_many(range(20))
    swept()
    name = engines.engine().indexes.serving().name
    try:
        start_at_once(0)
        patient().indices.close(index=name)
        patient().indices.open(index=name, wait_for_active_shards=0)
        assert until(lambda: patient().cluster.health(index=name)["status"] == "red")
        assert not engines.engine().complete
        ready = threading.Timer(2, start_at_once, [None])
        ready.start()
        tasks.sweep()
        ready.join()
    finally:
        start_at_once(None)
    swept()
    assert (engines.engine().indexes.serving().name == name) is bool(seconds)
    nothing_differs(20)


# --- A mapping that does not fit -------------------------------------------------------------


@pytest.fixture
def narrower(server):
    """In place of the index one that lacks a field, as an earlier version has made it."""

    def put_in_place(schema):
        indexes = engines.engine().indexes
        name = indexes.serving().name
        made = patient().indices.get(index=name)[name]
        mappings = made["mappings"]
        del mappings["properties"]["theme"]
        mappings["_meta"]["schema"] = schema
        kept = {"analysis": made["settings"]["index"]["analysis"]}
        indexes.drop(name)
        aliases = {indexes.read: {}, indexes.write: {}}
        patient().indices.create(index=name, mappings=mappings, settings=kept, aliases=aliases)
        engines.engine().forget()
        indexes._known.clear()

    return put_in_place


def test_an_index_whose_mapping_does_not_fit_is_made_anew(narrower):
    narrower(schema="of an earlier version")
    put_many(range(20))
    tasks.drain()
    assert Document.objects.unindexed().count() == 20
    swept()
    nothing_differs(20)


def test_a_mapping_that_said_it_fitted_would_take_nothing(narrower):
    """The control: the index passes for one of the present form."""
    narrower(schema=engines.engine().indexes.schema)
    put_many(range(20))
    swept()
    assert Document.objects.refused().count() == 20
    assert len(dict(engines.engine().held())) == 0


# --- A full disk -----------------------------------------------------------------------------


def watermark(size):
    """From how little free space on a disk Elasticsearch keeps away from it: it looks by itself."""
    marks = ("low", "high", "flood_stage")
    names = {f"cluster.routing.allocation.disk.watermark.{mark}": size for mark in marks}
    patient().cluster.put_settings(persistent=names)


def until_writes_are(refused):
    """Elasticsearch looks at its disk every ten seconds, and closes or opens the index itself."""
    name = engines.engine().indexes.serving().name
    for _ in range(150):
        blocks = patient().indices.get_settings(index=name)[name]["settings"]["index"]
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
    put_many(range(20))
    swept()
    try:
        watermark("900tb")
        until_writes_are(refused=True)
        # The control: documents that are told without telling "never" from "not now".
        put_many(range(100, 103))
        with monkeypatch.context() as patched:
            patched.setattr(bulk, "_sorted_out", given_up)
            tasks.drain()
        put_many(range(200, 205))
        tasks.drain()
        assert Document.objects.unindexed().count() == 5
        assert not find(Query("guichet", order="relevance")).degraded
    finally:
        watermark(None)
    until_writes_are(refused=False)
    swept()
    nothing_differs(28, aside=3)
    assert {row.key for row in Document.objects.refused()} == {"100", "101", "102"}
