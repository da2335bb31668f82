"""Three nodes, one of them killed: `make test-cluster`. Kept outside the normal run: 3 GiB."""

import threading
import time

import pytest
from django.db import connection

from search.engines.base import Ask, EngineUnavailable, Wording
from search.engines.elastic.engine import ElasticsearchEngine
from tests.faults.conftest import Elasticsearch, nothing_differs, put_many, swept, worker

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("written_by_web_processes"),
]
DOCUMENTS = 3000
SECONDS = 20


@pytest.fixture
def cluster():
    made = Elasticsearch(nodes=3)
    made.start()
    yield made
    made.stop()


class Searching:
    """Asks again and again, as another process would, and notes what had no complete answer."""

    def __init__(self, least):
        self.least, self.spans, self.failures = least, [], []
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self):
        reader = ElasticsearchEngine()
        while not self.over.wait(0.05):
            start = time.monotonic()
            try:
                if reader.lexical(Ask(Wording("guichet"))).total < self.least:
                    self.failures.append("some were missing")
            except EngineUnavailable as failure:
                self.failures.append(str(failure))
            self.spans.append((start, time.monotonic() - start))
        connection.close()

    def stop(self):
        self.over.set()
        self._thread.join()


def until_green(client, nodes):
    start = time.monotonic()
    client.cluster.health(
        index="faults-*", wait_for_status="green", wait_for_nodes=f">={nodes}", timeout="50s"
    )
    return time.monotonic() - start


@pytest.mark.parametrize("replicas", [1, 0], ids=["replica", "control, no replica"])
def test_a_node_is_killed(cluster, use, settings, capsys, replicas):
    """With a replica no search fails and no document is lost; without one, searches do fail."""
    engine = use(cluster, replicas=replicas)
    put_many(range(DOCUMENTS))
    swept()
    engine.refresh()
    client = engine._connection.patient
    until_green(client, 3)
    name = engine.indexes.serving().name
    size = client.indices.stats(index=name)["_all"]["total"]["store"]["size_in_bytes"]
    (shard,) = client.cat.shards(index=name, format="json", h="node,prirep", s="prirep")[:1]
    searching = Searching(DOCUMENTS)
    time.sleep(2)
    # The node that holds the primary: its replica has to take over.
    cluster.kill(node=int(shard["node"].removeprefix("node-")) - 1)
    killed = time.monotonic()
    with worker():
        for turn in range(20):
            put_many(f"new {turn} {number}" for number in range(50))
            time.sleep(SECONDS / 20)
    searching.stop()
    after = [span for at, span in searching.spans if at > killed]
    assert len(after) > 20
    if not replicas:
        assert searching.failures
        return
    assert searching.failures == []
    swept()
    nothing_differs(DOCUMENTS + 1000)
    cluster.start()
    green = until_green(client, 3)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{DOCUMENTS} documents, {size / 1e6:.1f} MB with the replica; {len(after)} searches "
            f"in {SECONDS} s after the kill, 0 failed, the longest {max(after):.1f} s; "
            f"green {green:.1f} s after the node was back"
        )
    nothing_differs(DOCUMENTS + 1000)
