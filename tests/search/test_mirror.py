"""Every process sees at once what the others committed, and nothing that was rolled back."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from search.engines.base import Ask
from search.engines.database import DatabaseEngine
from search.engines.mirror import Mirror
from search.meaning import current_embedder
from search.models import Document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mirror():
    """Another process, as it were: it remembers what it has read and nothing else."""
    return Mirror(current_embedder().name)


def rising(mirror):
    contents = mirror.contents()
    values = contents.columns.order("rising", "", contents.size)
    return {key: float(values[row]) for key, row in contents.rows.items()}


def test_each_process_sees_what_another_wrote(mirror, write):
    write("1", "A", rising=1.0)
    assert rising(mirror) == {"1": 1.0}
    Document.put_numbers("1", rising=2.0)
    write("2", "B", rising=3.0)
    assert rising(mirror) == {"1": 2.0, "2": 3.0}
    Document.remove("1")
    assert rising(mirror) == {"2": 3.0}


def test_a_quiet_moment_costs_one_query(mirror, write, django_assert_num_queries):
    write("1", "A")
    mirror.contents()
    with django_assert_num_queries(1):
        mirror.contents()


def test_what_is_rolled_back_was_never_there(mirror, write):
    write("1", "A", rising=1.0)
    write("2", "B", rising=1.0)
    mirror.contents()
    with transaction.atomic():
        Document.put_numbers("1", rising=9.0)
        Document.remove("2")
        write("3", "C", rising=1.0)
        assert rising(mirror) == {"1": 9.0, "3": 1.0}
        transaction.set_rollback(True)
    assert rising(mirror) == {"1": 1.0, "2": 1.0}
    write("4", "D", rising=4.0)
    assert rising(mirror) == {"1": 1.0, "2": 1.0, "4": 4.0}


def test_what_is_rolled_back_to_a_savepoint_is_forgotten(mirror, write):
    write("1", "A", rising=1.0)
    with transaction.atomic():
        with transaction.atomic():
            Document.put_numbers("1", rising=9.0)
            assert rising(mirror) == {"1": 9.0}
            transaction.set_rollback(True)
        assert rising(mirror) == {"1": 1.0}
    assert rising(mirror) == {"1": 1.0}


def test_rows_that_vanish_without_a_tombstone_are_noticed(mirror, write, monkeypatch):
    write("1", "A")
    write("2", "B")
    assert set(rising(mirror)) == {"1", "2"}
    Document.objects.filter(key="1").delete()
    monkeypatch.setattr("search.engines.mirror.RECOUNT_SECONDS", 0.0)
    assert set(rising(mirror)) == {"2"}


def test_vectors_of_another_model_are_not_compared(mirror, write):
    write("1", "A")
    Document.objects.update(vector=b"\x01" * 384, vector_model="another")
    assert mirror.contents().nearness.known == 0
    Document.objects.update(vector_model=mirror.model)
    assert mirror.contents().nearness.known == 1


def test_many_threads_may_ask_while_others_write(write):
    engine = DatabaseEngine()
    for number in range(20):
        write(f"{number}", f"Un guichet {number}")
    failures = []

    def ask():
        try:
            for _ in range(20):
                page = engine.lexical(Ask(order="rising", size=50))
                assert len({hit.key for hit in page.hits}) == page.total >= 20
        except (AssertionError, LookupError, ValueError, DatabaseError) as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20, 60):
        write(f"{number}", f"Un guichet {number}")
    for thread in threads:
        thread.join()
    assert failures == []
    assert engine.lexical(Ask()).total == 60


@pytest.mark.postgresql
def test_a_transaction_that_commits_late_is_not_missed(mirror, write):
    """The control is in the stamps: the late one is the lower, and below what was seen last."""
    write("1", "A", rising=1.0)
    write("2", "B", rising=1.0)
    mirror.contents()
    begun, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            Document.put_numbers("1", rising=5.0)
            begun.set()
            may_commit.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    Document.put_numbers("2", rising=7.0)
    assert rising(mirror) == {"1": 1.0, "2": 7.0}
    may_commit.set()
    thread.join()
    stamps = dict(Document.objects.values_list("key", "change"))
    assert stamps["1"] < stamps["2"]
    assert rising(mirror) == {"1": 5.0, "2": 7.0}


@pytest.mark.postgresql
def test_stamps_of_another_server_are_renewed(mirror, write):
    write("1", "A")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE search_document SET change = 9000000000000000")
    mirror.contents()
    assert Document.objects.get(key="1").change < 9000000000000000
    Document.put_numbers("1", rising=2.0)
    assert rising(mirror) == {"1": 2.0}
