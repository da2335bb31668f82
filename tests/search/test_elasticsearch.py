"""Elasticsearch as it is in bad weather: a real server, and nothing lost."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection
from django.db.models import F

from search import engines, tasks
from search.embedding import dequantise
from search.engines.base import ORDERS, Ask, EngineUnavailable, Scope, Wording
from search.engines.elastic import bulk, mapping, rebuilding
from search.engines.elastic.connection import PATIENT_SECONDS
from search.engines.elastic.engine import ElasticsearchEngine
from search.engines.elastic.index import Indexes
from search.find import Query, find, is_degraded
from search.indexing import compare, drain_queue, embed_all, empty_queue, make_complete, repair
from search.meaning import current_embedder, direction, vector_of
from search.models import Document
from search.similar import similar

pytestmark = [pytest.mark.elasticsearch, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _told_when_the_test_says(monkeypatch):
    """Without a broker a wake-up would tell at once."""
    monkeypatch.setattr(Document, "_wake", lambda *_: None)


@pytest.fixture
def client(elastic):
    return elastic._connection.patient


def holds(engine):
    return dict(engine.held())


def test_many_writes_late_and_twice_leave_the_newest(elastic, write):
    """External versions: the same bulks in another order, with some of them again."""
    for number in range(40):
        write(str(number), f"Idée {number}")
    early = list(Document.objects.all())
    for number in range(40):
        Document.put_numbers(str(number), rising=float(number))
    late = list(Document.objects.all())
    for batch in (late, early, late[:10], early[5:]):
        assert elastic.tell(batch).taken == {row.key for row in batch}
    assert holds(elastic) == {str(number): 2 for number in range(40)}


def test_without_external_versions_late_writes_win(elastic, client, write, monkeypatch):
    """The control of the test above."""
    versioned = bulk._operation

    def unversioned(document, generation):
        action, *source = versioned(document, generation)
        return [{"index": {"_id": document.key}}, *source]

    monkeypatch.setattr(bulk, "_operation", unversioned)
    write("1", "Before")
    early = list(Document.objects.all())
    write("1", "After")
    elastic.tell(list(Document.objects.all()))
    elastic.tell(early)
    elastic.refresh()
    assert elastic.lexical(Ask(Wording("before"))).total == 1


@pytest.fixture
def misshapen(monkeypatch):
    """Change what is told of one document: `misshapen("3", title=…)`."""
    source = bulk.source

    def change(key, **fields):
        def told(document, generation):
            return source(document, generation) | (fields if document.key == key else {})

        monkeypatch.setattr(bulk, "source", told)

    return change


def test_a_poisoned_document_is_set_aside_and_the_others_go_in(elastic, write, misshapen):
    write("1", "Un guichet")
    write("2", "Une borne")
    misshapen("1", published_at="yesterday")
    assert drain_queue() == 1
    (aside,) = Document.objects.refused()
    assert aside.key == "1"
    assert "published_at" in aside.refusal
    assert not compare()


def test_a_document_that_makes_the_whole_request_unreadable_is_found(elastic, write, misshapen):
    for number in range(7):
        write(str(number), f"Idée {number}")
    misshapen("3", title="\ud800")
    assert drain_queue() == 6
    assert [row.key for row in Document.objects.refused()] == ["3"]


def test_what_was_told_before_it_had_a_vector_is_told_again(elastic, write):
    write("1", "Les clients patientent debout une demi-heure")
    assert empty_queue() == 1
    assert list(embed_all())[-1] == (1, 1)
    elastic.refresh()
    towards = direction(vector_of("file d'attente trop longue"), elastic.statistics().mean)
    assert [hit.key for hit in elastic.nearest(towards, Scope(), 3)] == ["1"]
    assert not compare()


def test_a_few_writes_are_found_with_the_answer(elastic, client, write, monkeypatch):
    """Without waiting for the index to refresh by itself: here it never does."""
    never = {"refresh_interval": "-1"}
    client.indices.put_settings(index=elastic.indexes.read, settings=never)
    write("1", "Un guichet")
    drain_queue()
    assert elastic.lexical(Ask(Wording("guichet"))).total == 1
    # The control, and what holds for many writes at once.
    monkeypatch.setattr(bulk, "FOUND_AT_ONCE", 0)
    write("2", "Un guichet")
    drain_queue()
    assert elastic.lexical(Ask(Wording("guichet"))).total == 1


def test_a_search_by_words_and_meaning_is_one_round_trip(elastic, write, told, monkeypatch):
    write("1", "Une borne à tickets au guichet")
    write("2", "Les clients patientent debout")
    told()
    find(Query("clients au guichet", order="relevance"))
    asked = []
    ask = elastic._connection.ask
    monkeypatch.setattr(
        elastic._connection, "ask", lambda *args, **how: (asked.append(args), ask(*args, **how))[1]
    )
    found = find(Query("guichet tickets", order="relevance"))
    assert found.keys[0] == "1"
    assert found.by_meaning
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("order", "asked"), [(order, 2 if order == "discover" else 1) for order in ORDERS[1:]]
)
def test_a_list_is_asked_for_once_for_all_its_readers(
    elastic, write, told, monkeypatch, order, asked
):
    """For the moment that it is kept; of a draw each reader has an own one."""
    write("1", "Un guichet")
    told()
    monkeypatch.setattr(elastic._lists, "seconds", 3600)
    ask, questions = elastic._connection.ask, []
    monkeypatch.setattr(
        elastic._connection, "ask", lambda *of, **how: (questions.append(of), ask(*of, **how))[1]
    )
    for person in ("1", "2"):
        assert find(Query(order=order, seed=f"{person}:2026-05-01")).keys == ["1"]
    assert len(questions) == asked


def test_an_index_that_is_gone_is_made_again_without_a_hand(elastic, write):
    for number in range(5):
        write(str(number), f"Idée {number}")
    drain_queue()
    elastic.indexes.drop_all()
    elastic.forget()
    assert find(Query("idée", order="relevance")).degraded
    tasks.sweep()
    assert len(holds(elastic)) == 5
    assert not compare()


def test_an_index_of_another_form_is_replaced(elastic, client, write):
    write("1", "Un guichet")
    drain_queue()
    elastic.indexes.drop_all()
    name = f"{elastic.indexes._prefix}-29990101{'0' * 12}"
    aliases = {elastic.indexes.read: {}, elastic.indexes.write: {}}
    mappings = {"dynamic": "strict", "properties": {"nothing": {"type": "keyword"}}}
    client.indices.create(index=name, mappings=mappings, aliases=aliases)
    elastic.forget()
    with pytest.raises(EngineUnavailable):
        elastic.tell(list(Document.objects.all()))
    assert make_complete()
    assert holds(elastic) == {"1": 2}
    client.indices.delete(index=name)


def test_an_index_that_the_disk_made_read_only_keeps_the_queue(elastic, client, write):
    write("1", "Un guichet")
    full = {"index.blocks.read_only_allow_delete": True}
    client.indices.put_settings(index=elastic.indexes.write, settings=full)
    assert drain_queue() == 0
    assert Document.objects.unindexed().count() == 1
    assert not Document.objects.refused().exists()
    client.indices.put_settings(
        index=elastic.indexes.write, settings={"index.blocks.read_only_allow_delete": None}
    )
    assert drain_queue() == 1


def test_the_check_finds_and_repairs_every_kind_of_difference(elastic, client, write):
    for key in "1234":
        write(key, f"Idée {key}")
    drain_queue()
    client.delete(index=elastic.indexes.write, id="1")
    Document.put_numbers("2", rising=1.0)
    Document.objects.filter(key="2").update(indexed_version=F("version"))
    Document.objects.filter(key="3").delete()
    found = compare()
    assert (found.missing, found.outdated, found.superfluous) == ({"1"}, {"2"}, {"3"})
    repair(found)
    assert not compare()


QUESTIONS = {
    "list": lambda: find(Query("guichet", order="rising")).keys,
    "search": lambda: find(Query("guichet", order="relevance")).keys,
    "similar while typing": lambda: [match.key for match in similar("Un guichet de plus", "")],
}


@pytest.mark.parametrize("changed", ["vector", "text"])
def test_what_another_engine_was_written_for_is_found_and_told(elastic, write, settings, changed):
    """After a while with the embedded engine, which is told nothing."""
    write("1", "Les clients patientent debout une demi-heure")
    empty_queue()
    settings.SEARCH_ENGINE = "database"
    if changed == "text":
        write("1", "Trop de monde, et trop longtemps")
    list(embed_all())
    settings.SEARCH_ENGINE = "elasticsearch"
    assert empty_queue() == 0
    found = compare()
    assert found.outdated == {"1"}
    repair(found)
    assert not compare()
    towards = direction(vector_of("file d'attente trop longue"), elastic.statistics().mean)
    assert [hit.key for hit in elastic.nearest(towards, Scope(), 3)] == ["1"]


@pytest.mark.parametrize("asked", QUESTIONS)
@pytest.mark.parametrize("refuse", [True, False], ids=["refused", "hanging"])
def test_a_server_that_does_not_answer_degrades_quickly(write, settings, refuse, asked):
    """The embedded engine answers; after some failures nobody waits any more."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    if refuse:
        listening.close()
    settings.SEARCH_ENGINE = "elasticsearch"
    settings.ELASTICSEARCH_URL = f"http://127.0.0.1:{port}"
    settings.ELASTICSEARCH_TIMEOUT = 0.2
    engines.named.cache_clear()
    write("1", "Un guichet")
    took = []
    for _ in range(8):
        began = time.monotonic()
        assert QUESTIONS[asked]() == ["1"]
        took.append(time.monotonic() - began)
    assert max(took) < PATIENT_SECONDS / 4
    assert is_degraded()
    assert engines.engine()._connection._breaker.opened
    tasks.drain()
    assert Document.objects.unindexed().count() == 1
    listening.close()
    engines.named.cache_clear()


def test_nobody_waits_in_a_line_for_what_the_corpus_says(elastic, monkeypatch):
    """Of a server that hangs all hear at once: each of them is asking it at the same time."""
    asking = threading.Barrier(3, timeout=20)
    ask = elastic._connection.ask

    def together(*args, **how):
        asking.wait()
        return ask(*args, **how)

    def known():
        try:
            return elastic.statistics().documents
        finally:
            connection.close()

    elastic.forget()
    with monkeypatch.context() as patched, ThreadPoolExecutor(3) as people:
        patched.setattr(elastic._connection, "ask", together)
        told = [people.submit(known) for _ in range(3)]
        assert [documents.result() for documents in told] == [0, 0, 0]


def test_a_write_during_a_rebuild_is_missed_by_neither_index(elastic, write, monkeypatch):
    """Written before, while and after each batch is sent; the swap comes last."""
    monkeypatch.setattr(rebuilding, "AT_ONCE", 10)
    for number in range(100, 160):
        write(str(number), f"Idée {number}")
    drain_queue()
    expected = {str(number) for number in range(100, 160)}
    for step, (done, _of) in enumerate(elastic.rebuild()):
        write(f"{step}", "Une idée nouvelle")
        write("110", f"Idée changée {done}")
        Document.remove(f"15{step}")
        expected = (expected | {str(step)}) - {f"15{step}"}
        drain_queue()
        elastic.refresh()
        assert elastic.lexical(Ask(Wording("idée"), size=1)).total == len(expected)
    assert set(holds(elastic)) == expected
    assert not compare()


def test_without_telling_both_indexes_a_rebuild_misses_writes(elastic, write, monkeypatch):
    """The control: told to the searched index alone, as a plain re-index would."""
    for number in range(100, 130):
        write(str(number), f"Idée {number}")
    drain_queue()
    both = Indexes.told
    monkeypatch.setattr(Indexes, "told", lambda self: both(self)[:1])
    steps = elastic.rebuild()
    for _ in steps:
        write("100", "Une idée changée")
        drain_queue()
    assert "100" in compare().outdated


def test_an_interrupted_rebuild_is_taken_up_where_it_was(elastic, write, monkeypatch):
    monkeypatch.setattr(rebuilding, "AT_ONCE", 10)
    monkeypatch.setattr(rebuilding, "NOTED", 10)
    for number in range(100, 180):
        write(str(number), f"Idée {number}")
    drain_queue()
    before = elastic.indexes.serving().name
    steps = elastic.rebuild()
    for _ in range(5):
        next(steps)
    steps.close()
    unfinished = elastic.indexes.unfinished()
    assert elastic.indexes.serving().name == before
    assert unfinished.upto
    assert not elastic.complete
    Document.remove("101")
    drain_queue()
    first, *_rest = elastic.rebuild()
    assert first[0] > 0
    assert elastic.indexes.serving().name == unfinished.name
    assert not compare()


def test_an_index_that_comes_late_takes_nothing_from_a_newer_one(elastic, write):
    write("1", "Un guichet")
    indexes = elastic.indexes
    middle = elastic.statistics().mean
    late, newer = (indexes.create(middle, current_embedder().name).name for _ in range(2))
    indexes.swap(late)
    assert indexes.behind(indexes.write) == [late, newer]
    indexes.swap(newer)
    assert indexes.behind(indexes.read) == indexes.behind(indexes.write) == [newer]
    with pytest.raises(EngineUnavailable, match="overtaken"):
        indexes.swap(late)
    assert indexes.behind(indexes.read) == [newer]


@pytest.mark.parametrize("serves", [False, True])
def test_the_first_index_empties_the_queue_and_another_one_leaves_it(elastic, write, serves):
    """Half a million ideas that were imported are not told twice, before what is new."""
    if not serves:
        elastic.indexes.drop_all()
    for number in range(5):
        write(str(number), f"Idée {number}")
    for done, _of in elastic.rebuild():
        if done == 0:
            Document.put_numbers("3", rising=2.0)
    assert len(holds(elastic)) == 5
    assert Document.objects.unindexed().count() == (5 if serves else 0)


def test_searches_never_fail_while_the_index_is_made_anew(elastic, write):
    for number in range(30):
        write(str(number), f"Idée {number}")
    drain_queue()
    elastic.refresh()
    over = threading.Event()
    failures, asked = [], []

    def search():
        engine = ElasticsearchEngine()
        while not over.is_set():
            try:
                if engine.lexical(Ask(Wording("idée"))).total != 30:
                    failures.append("some were missing")
            except EngineUnavailable as failure:
                failures.append(str(failure))
            asked.append(1)
        connection.close()

    thread = threading.Thread(target=search)
    thread.start()
    for _ in range(3):
        list(elastic.rebuild())
    over.set()
    thread.join()
    assert failures == []
    assert len(asked) > 10


def test_old_indexes_are_dropped_after_a_day_and_others_never(elastic, client):
    old = f"{elastic.indexes._prefix}-20200101000000000000"
    foreign = f"{elastic.indexes._prefix}-notes"
    client.indices.create(index=old)
    client.indices.create(index=foreign)
    list(elastic.rebuild())
    list(elastic.rebuild())
    elastic.indexes.drop_old(datetime.now(UTC))
    names = set(client.indices.get_alias(index=f"{elastic.indexes._prefix}-*"))
    assert old not in names
    assert foreign in names
    assert len(names) == 4
    client.indices.delete(index=foreign)


@pytest.mark.parametrize("graph_from", [0, 100_000], ids=["graph", "each"])
def test_nearest_is_exact_enough(elastic, client, write, monkeypatch, graph_from):
    """Of the ten nearest by exact vectors, all are found; the middle of the index is used."""
    monkeypatch.setattr(mapping, "GRAPH_FROM", graph_from)
    list(elastic.rebuild())
    found_by = client.indices.get_mapping(index=elastic.indexes.read).body.popitem()[1]
    options = found_by["mappings"]["properties"]["vector"]["index_options"]
    assert options["type"] == ("int8_flat" if graph_from else "int8_hnsw")
    random = np.random.default_rng(1)
    units = random.normal(size=(500, 384))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    name = elastic.indexes.serving().model
    for number, unit in enumerate(units):
        write(str(number), f"Idée {number}")
        stored = np.rint(unit * 127 / np.abs(unit).max()).astype(np.int8).tobytes()
        Document.objects.filter(key=str(number)).update(vector=stored, vector_model=name)
    drain_queue()
    elastic.refresh()
    rows = {row.key: dequantise(bytes(row.vector)) for row in Document.objects.all()}
    middle = elastic.statistics().mean
    seen = direction(np.array(list(rows.values())), middle)
    kept = 0
    for number in range(20):
        towards = seen[number]
        exact = {list(rows)[i] for i in np.argsort(-(seen @ towards))[:10]}
        kept += len(exact & {hit.key for hit in elastic.nearest(towards, Scope(), 10)})
    assert kept >= 199
