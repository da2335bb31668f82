"""Three nodes, one of them killed: `make test-cluster`. Kept outside the normal run: 4 GiB."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from search.engines.base import Ask, EngineUnavailable, Wording
from search.engines.elastic.engine import ElasticsearchEngine
from search.indexing import compare, drain_queue
from search.models import Document
from tests.faults.conftest import Server

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cluster():
    made = Server(nodes=3)
    made.start()
    yield made
    made.stop()


def test_a_node_is_killed_and_no_search_fails_and_no_document_is_lost(cluster, use, settings):
    settings.ELASTICSEARCH_TIMEOUT = 10
    fields = {
        "state": "published",
        "public": True,
        "published_at": datetime(2026, 5, 1, tzinfo=UTC),
    }
    engine = use(cluster)
    for number in range(300):
        Document.put(str(number), title="Un guichet", body="", **fields)
    drain_queue()
    engine.refresh()
    engine._connection.patient.cluster.health(wait_for_status="green", timeout="60s")
    over = threading.Event()
    failures, asked = [], []

    def search():
        reader = ElasticsearchEngine()
        while not over.is_set():
            try:
                if reader.lexical(Ask(Wording("guichet"))).total < 300:
                    failures.append("some were missing")
            except EngineUnavailable as failure:
                failures.append(str(failure))
            asked.append(time.monotonic())
        connection.close()

    thread = threading.Thread(target=search)
    thread.start()
    time.sleep(2)
    cluster.kill(node=1)
    killed = time.monotonic()
    for number in range(300, 600):
        Document.put(str(number), title="Un guichet", body="", **fields)
        if number % 50 == 0:
            drain_queue()
    time.sleep(20)
    over.set()
    thread.join()
    drain_queue()
    assert failures == []
    assert sum(at > killed for at in asked) > 20
    assert not Document.objects.unindexed().exists()
    assert not compare()
