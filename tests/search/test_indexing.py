"""The queue loses nothing, whatever is written while it is emptied."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from search import engines, indexing, tasks
from search.analysis import packed
from search.embedding import EmbedderUnavailable
from search.engines.base import EngineUnavailable, Told
from search.engines.database import DatabaseEngine
from search.indexing import (
    compare,
    drain_queue,
    embed_all,
    embed_waiting,
    empty_queue,
    make_complete,
    store,
)
from search.meaning import current_embedder
from search.models import Document

pytestmark = pytest.mark.django_db
WRITTEN = {"state": "published", "public": True, "published_at": datetime(2026, 5, 1, tzinfo=UTC)}


@dataclass
class Shelf:
    """An engine that must be told, as a server must: keys, versions and titles, and no search."""

    reads_table = False
    complete = True
    rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    busy_with: set[str] = field(default_factory=set)
    away: bool = False
    during: list = field(default_factory=list)

    def tell(self, documents):
        if self.away:
            raise EngineUnavailable
        refused = {row.key: "It is poison." for row in documents if row.key in self.refuses}
        later = {row.key for row in documents if row.key in self.busy_with}
        for row in documents:
            if row.key in refused or row.key in later:
                continue
            if row.deleted:
                self.rows.pop(row.key, None)
            elif self.rows.get(row.key, (0, ""))[0] < row.version:
                self.rows[row.key] = (row.version, row.title)
        while self.during:
            self.during.pop()()
        return Told(frozenset(row.key for row in documents) - refused.keys() - later, refused)

    def recovered(self):
        return True

    def forget_keys(self, keys):
        for key in keys:
            self.rows.pop(key, None)

    def held(self):
        return ((key, version) for key, (version, _title) in self.rows.items())


@pytest.fixture
def shelf(monkeypatch):
    made = Shelf()
    monkeypatch.setattr(engines, "engine", lambda: made)
    return made


class NoModel:
    """An embedder whose server does not answer."""

    name = "away"
    available = True

    def embed(self, texts):
        raise EmbedderUnavailable("no route")


def queue():
    return set(Document.objects.unindexed().values_list("key", flat=True))


def test_the_engine_is_told_once(shelf, write):
    write("1", "A")
    write("2", "B")
    assert drain_queue() == 2
    # A second version, with the vector.
    assert shelf.rows == {"1": (2, "A"), "2": (2, "B")}
    assert drain_queue() == 0


def test_what_is_written_while_the_engine_is_told_is_told_too(shelf, write):
    def written_meanwhile():
        write("1", "After")
        assert drain_queue() == 0  # Its wake-up finds another process at it.

    write("1", "Before")
    shelf.during.append(written_meanwhile)
    drain_queue()
    assert shelf.rows == {"1": (Document.objects.get(key="1").version, "After")}
    assert queue() == set()


def test_a_vector_that_is_made_while_the_engine_is_told_is_told_too(shelf, write):
    write("1", "A")
    vector = np.ones(384, np.float32)
    shelf.during.append(lambda: store(Document.objects.get(key="1"), vector))
    empty_queue()
    assert queue() == {"1"}
    empty_queue()
    assert shelf.rows == {"1": (2, "A")}


def test_votes_without_a_pause_wait_for_their_wake_up(shelf, write):
    """Each look at the queue would find a few of hundreds, and tell them alone.

    The control of the test above, too: what is written without a call is not looked for.
    """
    write("1", "A")
    shelf.during.append(lambda: Document.put_numbers("1", rising=2.0))
    assert drain_queue() == 1
    assert queue() == {"1"}
    assert drain_queue() == 1
    assert queue() == set()


def test_without_the_comparison_of_versions_a_write_would_be_lost(shelf, write, monkeypatch):
    """The control of the test above: protection off, the index stays wrong for good."""

    def careless(documents):
        for row in documents:
            Document.objects.filter(key=row.key).update(indexed_version=100)

    monkeypatch.setattr(Document, "mark_told", careless)
    write("1", "Before")
    shelf.during.append(lambda: write("1", "After"))
    drain_queue()
    assert shelf.rows["1"][1] == "Before"


class Busy(Shelf):
    """While it is told of a document, thirty times in a row, somebody writes the next one."""

    def tell(self, documents):
        told = super().tell(documents)
        if len(self.rows) < 30:
            Document.put(str(len(self.rows)), title="Encore", body="", **WRITTEN)
            drain_queue()
        return told


@pytest.mark.parametrize(("seconds", "told"), [(0, 1), (60, 30)], ids=["at once", "control"])
def test_people_who_write_without_a_pause_do_not_keep_a_worker(monkeypatch, seconds, told):
    """It gives its place up after a while; the sweep goes on with what is left."""
    shelf = Busy()
    monkeypatch.setattr(engines, "engine", lambda: shelf)
    monkeypatch.setattr(Document, "_wake", lambda *_: None)
    monkeypatch.setattr(indexing, "TELLING_SECONDS", seconds)
    Document.put("0", title="Un guichet", body="", **WRITTEN)
    assert drain_queue() == told
    assert queue() == ({"1"} if told == 1 else set())


def test_a_refused_document_is_set_aside_with_its_reason(shelf, write):
    shelf.refuses = {"1"}
    write("1", "Poison")
    write("2", "B")
    assert drain_queue() == 1
    assert set(shelf.rows) == {"2"}
    assert queue() == set()
    assert [row.refusal for row in Document.objects.refused()] == ["It is poison."]
    assert not Document.objects.exclude(waiting_since=None).exists()
    assert compare().refused == 1
    assert not compare()


def test_what_was_set_aside_is_tried_again_once_it_is_changed(shelf, write):
    shelf.refuses = {"1"}
    write("1", "Poison")
    drain_queue()
    shelf.refuses = set()
    assert drain_queue() == 0
    write("1", "Wine")
    assert drain_queue() == 1
    assert not Document.objects.refused().exists()


def test_an_administrator_may_have_it_tried_again(shelf, write):
    shelf.refuses = {"1"}
    write("1", "A")
    drain_queue()
    shelf.refuses = set()
    assert Document.try_again() == 1
    assert drain_queue() == 1


def test_more_poison_than_a_batch_blocks_nobody(shelf, write, monkeypatch):
    monkeypatch.setattr(indexing, "BATCH", 2)
    shelf.refuses = {"1", "2", "3"}
    for key in "1234":
        write(key, f"Idée {key}")
    assert drain_queue() == 1
    assert set(shelf.rows) == {"4"}


def test_what_a_busy_server_did_not_take_stays_in_the_queue(shelf, write):
    shelf.busy_with = {"1"}
    write("1", "A")
    write("2", "B")
    assert drain_queue() == 1
    assert queue() == {"1"}
    shelf.busy_with = set()
    assert drain_queue() == 1


def test_a_tombstone_is_told(shelf, write):
    write("1", "A")
    drain_queue()
    Document.remove("1")
    assert queue() == {"1"}
    drain_queue()
    assert shelf.rows == {}
    assert queue() == set()


def test_one_drains_at_a_time(shelf, write):
    write("1", "A")
    cache.add(indexing.LEASE, 1)
    assert drain_queue() == 0
    cache.delete(indexing.LEASE)
    assert drain_queue() == 1


def test_an_engine_that_is_away_breaks_no_request(shelf, write, caplog):
    shelf.away = True
    write("1", "A")
    tasks.drain()
    assert "was not told" in caplog.text
    assert queue() == {"1"}
    shelf.away = False
    tasks.drain()
    assert queue() == set()


def test_an_engine_that_reads_the_table_needs_no_queue(write):
    assert engines.engine().reads_table
    write("1", "A")
    Document.put_numbers("1", rising=1.0)
    write("1", "B")
    Document.remove("1")
    assert queue() == set()


def test_a_vote_wakes_nobody_and_touches_no_text(
    write, django_capture_on_commit_callbacks, django_assert_num_queries
):
    write("1", "A")
    drain_queue()
    before = Document.objects.get(key="1")
    with django_capture_on_commit_callbacks() as woken, django_assert_num_queries(1):
        Document.put_numbers("1", rising=1.0, support=3)
    after = Document.objects.get(key="1")
    assert woken == []
    assert (after.vector, after.terms) == (before.vector, before.terms)
    assert after.version == before.version + 1


def test_texts_get_their_vectors_newest_first(write, monkeypatch):
    monkeypatch.setattr(indexing, "EMBEDDED_AT_ONCE", 1)
    write("1", "Older")
    write("2", "Newer")
    assert embed_waiting(seconds=0) == 1
    assert Document.objects.get(key="2").vector
    assert not Document.objects.get(key="1").vector


def test_a_text_that_changed_while_it_was_embedded_gets_no_old_vector(write):
    write("1", "Before")
    read = Document.objects.get(key="1")
    write("1", "After")
    assert not store(read, np.ones(384, np.float32))
    assert Document.objects.get(key="1").vector is None


def test_the_vector_stays_while_the_text_stays(write):
    write("1", "A", theme="waiting")
    drain_queue(60)
    vector = Document.objects.get(key="1").vector
    write("1", "A", theme="parcels")
    assert Document.objects.get(key="1").vector == vector
    write("1", "B", theme="parcels")
    assert Document.objects.get(key="1").vector is None


def test_an_embedder_that_is_away_leaves_the_texts_waiting(write, monkeypatch):
    write("1", "A")
    monkeypatch.setattr(indexing, "current_embedder", NoModel)
    assert drain_queue(1) == 0
    assert Document.objects.get(key="1").vector is None


def test_embedding_everything_goes_on_where_it_was_stopped(write):
    for number in range(40):
        write(f"{number}", f"Idée {number}")
    steps = embed_all()
    assert next(steps) == (0, 40)
    first, _of = next(steps)
    steps.close()
    assert Document.objects.exclude(vector=None).count() == first
    assert list(embed_all())[-1] == (40 - first, 40 - first)
    assert not Document.objects.unembedded(current_embedder().name).exists()


def test_the_command_embeds_and_says_so(write):
    write("1", "A")
    said = StringIO()
    call_command("embed", stdout=said)
    assert "1 documents were given their vector." in said.getvalue()
    call_command("embed", "--quiet", stdout=said)


def test_the_check_finds_and_repairs_what_a_server_lost(shelf, write, monkeypatch):
    for key in "123":
        write(key, f"Idée {key}")
    drain_queue()
    del shelf.rows["1"]
    shelf.rows["2"] = (0, "stale")
    shelf.rows["9"] = (1, "ghost")
    monkeypatch.setattr(Shelf, "rebuild", lambda self: iter(()), raising=False)
    found = compare()
    assert (found.missing, found.outdated, found.superfluous) == ({"1"}, {"2"}, {"9"})
    with pytest.raises(SystemExit):
        call_command("search_check", stdout=StringIO())
    call_command("search_check", "--repair", stdout=StringIO())
    assert not compare()


def test_what_waits_in_the_queue_is_late_and_not_wrong(shelf, write):
    write("1", "A")
    found = compare()
    assert not found
    assert found.waiting == 1


class Busier(Shelf):
    """While it says what it holds, people write, and a worker tells some of that."""

    def held(self):
        first = list(super().held())[:3]
        yield from first
        self.during.pop()()
        said = dict(first)
        yield from ((key, version) for key, version in super().held() if key not in said)


def test_what_is_written_while_the_two_are_compared_is_no_difference(monkeypatch, write):
    shelf = Busier()
    monkeypatch.setattr(engines, "engine", lambda: shelf)
    for key in "12345":
        write(key, f"Idée {key}")
    drain_queue()

    def people_write():
        for key in "1245":
            write(key, f"Une autre idée {key}")
        Document.remove("3")
        write("6", "Une idée nouvelle")
        write("7", "Une idée de plus")
        empty_queue()
        Document.put_numbers("2", rising=1.0)
        Document.remove("7")

    del shelf.rows["4"], shelf.rows["5"]
    shelf.rows |= {"8": (1, "ghost")}
    shelf.during.append(people_write)
    found = compare()
    assert (found.missing, found.outdated, found.superfluous) == (set(), set(), {"8"})


def test_rebuilding_renews_the_words_of_an_older_analysis(write):
    engine = engines.engine()
    assert isinstance(engine, DatabaseEngine)
    write("1", "Un guichet")
    Document.objects.update(terms=b"", analysis=0)
    assert compare().unanalysed == 1
    said = StringIO()
    call_command("search_rebuild", stdout=said)
    assert bytes(Document.objects.get(key="1").terms) == packed("Un guichet", "")
    assert not compare()


class Unmade(Shelf):
    """One whose index is not there; what happens while it is made is said by the test."""

    complete = False

    def recovered(self):
        return self.complete

    def rebuild(self):
        yield 0, 1
        while self.during:
            self.during.pop()()
        self.complete = True
        yield 1, 1


@pytest.fixture
def unmade(monkeypatch):
    made = Unmade()
    monkeypatch.setattr(engines, "engine", lambda: made)
    return made


def rebuilt_by_hand():
    call_command("search_rebuild", stdout=StringIO())


@pytest.mark.parametrize("first", [make_complete, rebuilt_by_hand], ids=["sweep", "command"])
def test_an_index_is_made_by_one_process_at_a_time(unmade, first, monkeypatch):
    def meanwhile():
        monkeypatch.setattr(unmade, "rebuild", lambda: pytest.fail("two make the same index"))
        assert make_complete()
        with pytest.raises(CommandError, match="Another process"):
            rebuilt_by_hand()

    unmade.during.append(meanwhile)
    first()
    assert not make_complete()
    assert not cache.get(indexing.REBUILDING)


def test_a_step_may_take_longer_than_its_place_is_kept(unmade, monkeypatch):
    """As merging the segments of a large index does."""
    monkeypatch.setattr(indexing, "REBUILDING_SECONDS", 1)

    def merge():
        time.sleep(3)
        assert not cache.add(indexing.REBUILDING, 1)

    unmade.during.append(merge)
    assert make_complete()
    assert unmade.complete


def test_the_queue_is_read_in_order_from_its_own_index(write):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # It reads a small table whole, whatever indexes there are.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    plan = Document.objects.unindexed().order_by("change").explain()
    assert "document_queue" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()
