"""Elasticsearch killed under load and started again: afterwards nothing differs."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.db import connection

from ideas.models import Idea, Vote
from search import engines, indexing, tasks
from search.engines.elastic.connection import AGAIN_SECONDS
from search.find import Query, find
from search.indexing import compare, drain_queue
from search.models import Document

pytestmark = [
    pytest.mark.slow,
    pytest.mark.elasticsearch,
    pytest.mark.django_db(transaction=True),
    # One worker, one server.
    pytest.mark.xdist_group("faults"),
]
FIELDS = {"state": "published", "public": True, "theme": "waiting"}


def put(key, title="Un guichet"):
    Document.put(key, title=title, body="", published_at=datetime(2026, 5, 1, tzinfo=UTC), **FIELDS)


def swept():
    """Sweep as beat does, until nothing waits; the breaker is given its moment."""
    for _ in range(60):
        tasks.sweep()
        if not Document.objects.unindexed().exists():
            return
        time.sleep(AGAIN_SECONDS / 5)
    raise AssertionError("the queue did not empty")


def test_500_ideas_and_5000_votes_are_written_while_it_is_away(
    server, submit, moderator, clerk, colleagues, monkeypatch
):
    # Vectors are another matter, and would make this test slow.
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)
    published = [submit(clerk, f"Idée {n}").publish(moderator) for n in range(10)]
    swept()
    server.kill()
    published += [submit(clerk, f"Idée {n}").publish(moderator) for n in range(10, 510)]
    for idea in published[:500]:
        for person in colleagues[:10]:
            Vote.cast(idea, person)
    assert find(Query("idée 499", order="relevance")).degraded
    assert Document.objects.unindexed().count() >= 500
    server.start()
    swept()
    assert not compare()
    assert len(dict(engines.engine().held())) == Idea.objects.count() == 510
    assert Vote.objects.count() == 5000


def killed_in_a_bulk(server):
    """Write and tell without a pause, and kill the server in the middle of it."""
    over = threading.Event()

    def work():
        number = 0
        while not over.is_set():
            for _ in range(200):
                put(str(number))
                number += 1
            tasks.drain()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(2)
    server.kill()
    time.sleep(1)
    over.set()
    thread.join()
    server.start()


def test_killed_in_the_middle_of_a_bulk_nothing_differs(server, monkeypatch):
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)
    killed_in_a_bulk(server)
    swept()
    assert Document.objects.count() > 200
    assert not compare()


def test_without_waiting_for_the_answer_documents_would_be_lost(server, monkeypatch):
    """The control: marked as told before the answer, as a fire-and-forget signal would."""
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)

    def careless():
        while batch := list(Document.objects.unindexed().order_by("change")[: indexing.BATCH]):
            indexing.mark_told(batch)
            engines.engine().tell(batch)
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(indexing, "tell_waiting", careless)
        killed_in_a_bulk(server)
    swept()
    assert compare().missing


WORKER = """
import os, django
django.setup()
from django.conf import settings
from search import indexing
from search.engines.elastic.engine import ElasticsearchEngine
tell = ElasticsearchEngine.tell
def told_and_killed(self, documents):
    tell(self, documents)
    os._exit(9)
ElasticsearchEngine.tell = told_and_killed
indexing.tell_waiting()
"""


def test_a_worker_killed_between_telling_and_noting_it_does_no_harm(server):
    for number in range(5):
        put(str(number))
    Document.objects.update(indexed_version=0)
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{place}"
    environment = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": django_settings.SECRET_KEY,
        "SEAL_KEYS": ",".join(django_settings.SEAL_KEYS),
        "SEARCH_ENGINE": "elasticsearch",
        "ELASTICSEARCH_URL": server.url,
        "ELASTICSEARCH_INDEX": "faults",
    }
    killed = subprocess.run(
        [sys.executable, "-c", WORKER],
        env=environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == 9, killed.stderr
    assert len(dict(engines.engine().held())) == 5
    assert Document.objects.unindexed().count() == 5
    assert drain_queue() == 5
    assert not compare()


def test_100_writes_a_second_during_a_rebuild_are_all_there(server, monkeypatch):
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)
    for number in range(2000):
        put(str(number))
    swept()
    over = threading.Event()
    written = []

    def work():
        began = time.monotonic()
        while not over.is_set():
            number = len(written)
            put(str(number), f"Un guichet changé {number}")
            if number % 10 == 0:
                Document.remove(str(number + 1))
            written.append(number)
            time.sleep(max(0, began + len(written) / 100 - time.monotonic()))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    for _done, _of in engines.engine().rebuild():
        drain_queue()
    over.set()
    thread.join()
    swept()
    assert len(written) > 20
    assert not compare()
