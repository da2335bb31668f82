"""Both engines side by side: `python -m bench.search [--ideas 45000] [--engines …]`.

In a database of the benchmark's own (beside DATABASE_URL, else a file under var/bench), filled
once by `bench.corpus`, and in indexes of its own (`bench-…`).
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

from bench import corpus

ENGINES = ("database", "elasticsearch")
FINDABLE = 40
WAIT_SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=45_000)
    parser.add_argument("--embedded", type=int, default=corpus.EMBEDDED)
    parser.add_argument("--repeat", type=int, default=200)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    chosen = parser.parse_args()
    # What is filled in is to be told to the engine that has to be told.
    os.environ |= {"SEARCH_ENGINE": "elasticsearch", "ELASTICSEARCH_INDEX": f"bench-{chosen.ideas}"}
    corpus.use(corpus.database(f"search_{chosen.ideas}"))
    corpus.fill(chosen.ideas, chosen.embedded)

    from bench.record import record, show

    rows = []
    for engine in chosen.engines:
        for row in measured(engine, chosen):
            rows.append({"engine": engine, "ideas": chosen.ideas, **row})
            # An interrupted run has measured what it has measured.
            record(rows[-1:])
            print(".", end="", flush=True)
    print()
    show(rows)


def measured(engine: str, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from django.test.utils import override_settings

    os.environ["SEARCH_ENGINE"] = engine
    with override_settings(SEARCH_ENGINE=engine):
        for step in chosen.steps:
            yield from STEPS[step](engine, chosen)


def built(engine: str, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The index made anew from stored vectors, searches being made meanwhile."""
    from search import engines

    made = engines.engine()
    if engine == "database":
        load = os.getloadavg()[0]
        before, start = memory(), time.perf_counter()
        made.statistics()
        seconds = time.perf_counter() - start
        yield _lasting(
            "first question of a process", seconds, chosen.ideas, memory() - before, load
        )
        return
    from search.engines.elastic.mapping import GRAPH_FROM

    # Last as in production: the questions that follow are asked of that index.
    usual = chosen.ideas >= GRAPH_FROM
    yield from _rebuilt(made, chosen.ideas, graph=not usual)
    yield from _rebuilt(made, chosen.ideas, graph=usual)


def _rebuilt(made: Any, ideas: int, graph: bool) -> Iterator[dict[str, Any]]:
    """With a graph of the vectors, as a larger corpus has one, or without."""
    from search.engines.elastic import mapping

    usual, load = mapping.GRAPH_FROM, os.getloadavg()[0]
    mapping.GRAPH_FROM = 0 if graph else ideas + 1
    asking = Asking()
    start, worked, served = time.perf_counter(), time.process_time(), processor_ms(made)
    for _progress in made.rebuild():
        pass
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    served = processor_ms(made) - served
    mapping.GRAPH_FROM = usual
    suffix = " with a graph" if graph else ""
    yield from asking.stopped(suffix)
    lasting = _lasting(f"rebuild{suffix}", seconds, ideas, stored(made), load)
    yield {**lasting, "cpu_ms": round(worked * 1000), "server_cpu_ms": served}


def _lasting(what: str, seconds: float, ideas: int, size: int, load: float) -> dict[str, Any]:
    return {
        "what": what, "clients": 1, "p50_ms": round(seconds * 1000), "bytes": size,
        "per_second": round(ideas / seconds), "load": round(load, 1),
    }  # fmt: skip


class Asking:
    """Searches asked for ten times a second while something else happens; none may fail."""

    def __init__(self) -> None:
        from search import engines

        self.spans: list[float] = []
        self.failed = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._there = engines.engine().indexes.serving() is not None  # type: ignore[attr-defined]
        if self._there:
            self._thread.start()

    def _ask(self) -> None:
        from search import engines
        from search.engines.base import Ask, EngineUnavailable, Wording

        while not self._over.wait(0.1):
            start = time.perf_counter()
            try:
                engines.engine().lexical(Ask(wording=Wording("guichet"), order="relevance"))
            except EngineUnavailable:
                self.failed += 1
            else:
                self.spans.append(time.perf_counter() - start)

    def stopped(self, suffix: str) -> Iterator[dict[str, Any]]:
        self._over.set()
        if self._there:
            self._thread.join()
            asked = {"asked": len(self.spans) + self.failed, "failed": self.failed}
            yield {"what": f"search during a rebuild{suffix}", **_summary(self.spans), **asked}


def found(engine: str, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """From the commit of a new text to its being found, by way of a worker as in production."""
    from search.models import Document

    load = os.getloadavg()[0]
    with worker(engine):
        spans = [_until_found(f"bench-{uuid4().hex[:12]}") for _ in range(FINDABLE + 3)][3:]
    yield {"what": "commit to findable", **_summary(spans), "load": round(load, 1)}
    Document.objects.filter(key__startswith="bench-").delete()
    forget(engine)


def _until_found(key: str) -> float:
    from search import engines
    from search.engines.base import Ask, EngineUnavailable
    from search.models import Document

    model = dict(Document.objects.values("theme", "region", "published_at", "state")[0])
    word = f"mot{uuid4().hex[:10]}"
    Document.put(key, title=f"Un {word}", body="À trouver.", public=True, **model)
    start = time.perf_counter()
    while time.perf_counter() - start < WAIT_SECONDS:
        # A search that the server is too slow for has not found it yet.
        with suppress(EngineUnavailable):
            if engines.engine().lexical(Ask(scope=_all(), only=[key], size=1)).hits:
                return time.perf_counter() - start
        time.sleep(0.01)
    raise RuntimeError(f"{key} was not found in {WAIT_SECONDS} s: does the worker run?")


def _all() -> Any:
    from search.engines.base import Scope

    return Scope(public=True)


def forget(engine: str) -> None:
    from search import engines

    engines.engine().forget_keys([])
    if engine == "elasticsearch":
        keys = [key for key, _version in engines.engine().held() if key.startswith("bench-")]
        engines.engine().forget_keys(keys)


class worker:  # noqa: N801
    """A Celery worker of the product, with the queue of a Redis database of its own."""

    def __init__(self, engine: str) -> None:
        self._needed = engine == "elasticsearch"

    def __enter__(self) -> None:
        if self._needed:
            command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1"]
            command += ["--loglevel", "error", "--without-mingle", "--without-gossip"]
            self._process = subprocess.Popen(command, cwd=corpus.ROOT)
            time.sleep(8)

    def __exit__(self, *_error: Any) -> None:
        if self._needed:
            self._process.terminate()
            self._process.wait()


def asked(engine: str, chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What people wait for."""
    from bench.crew import crew, row
    from bench.questions import QUESTIONS

    with crew() as pool:
        for what in QUESTIONS:
            for clients in chosen.clients:
                yield row(pool, what, clients, chosen.repeat)


STEPS = {"build": built, "found": found, "ask": asked}


def _summary(spans: list[float]) -> dict[str, Any]:
    if len(spans) < 2:
        return {"clients": 1}
    return {
        "clients": 1,
        "p50_ms": round(median(spans) * 1000, 1),
        "p95_ms": round(quantiles(spans, n=20)[-1] * 1000, 1),
    }


def stored(engine: Any) -> int:
    """Bytes of the index on disk."""
    client = engine._connection.patient
    name = engine.indexes.serving().name
    client.indices.flush(index=name, force=True)
    # It looks at the sizes of its files every ten seconds; those merged into others are gone then.
    time.sleep(12)
    stats = client.indices.stats(index=name, metric="store")
    return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])


def processor_ms(engine: Any) -> int:
    """Processor time that Elasticsearch's nodes have taken so far."""
    nodes = engine._connection.patient.nodes.stats(metric="process")["nodes"].values()
    return sum(node["process"]["cpu"]["total_in_millis"] for node in nodes)


def memory() -> int:
    """Bytes that this process holds in memory now; 0 where the system does not tell."""
    import resource
    from pathlib import Path

    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() if told.exists() else 0


if __name__ == "__main__":
    main()
