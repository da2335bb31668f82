"""Clients that ask at the same time, in two processes as the product is served."""

import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

PROCESSES = 2
WARM = 5


@dataclass(frozen=True)
class Job:
    """`what` is asked `turns` times by each of so many threads."""

    what: str
    threads: int
    turns: int
    number: int = 0


@dataclass(frozen=True)
class Spans:
    seconds: list[float]
    start: float
    end: float
    queries: int
    worked: float


@contextmanager
def crew():  # type: ignore[no-untyped-def]
    """Processes that load the product once each; new ones, as a model does not survive a fork."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _prepared) as pool:
        yield pool


def _prepared() -> None:
    from bench import corpus

    corpus.use(os.environ["DATABASE_URL"])


def row(pool: ProcessPoolExecutor, what: str, clients: int, repeat: int) -> dict[str, Any]:
    """The row of a question asked by that many clients at once, some unmeasured turns first."""
    processes = min(clients, PROCESSES)
    threads = clients // processes
    load = os.getloadavg()[0]
    turns = max(10, repeat // clients)
    jobs = [Job(what, threads, turns, n) for n in range(processes)]
    done = [task.result() for task in [pool.submit(_work, job) for job in jobs]]
    spans = [span for one in done for span in one.seconds]
    if len(spans) != clients * turns:
        raise RuntimeError(f"{what}: {clients * turns - len(spans)} of the answers are missing")
    # While all are at it.
    elapsed = max(one.end for one in done) - min(one.start for one in done)
    return {
        "what": what, "clients": clients,
        "p50_ms": round(statistics.median(spans) * 1000, 1),
        "p95_ms": round(statistics.quantiles(spans, n=20)[-1] * 1000, 1),
        "per_second": round(len(spans) / elapsed, 1),
        "queries": done[0].queries,
        "cpu_ms": round(sum(one.worked for one in done) / len(spans) * 1000, 1),
        "load": round(load, 1),
    }  # fmt: skip


def _work(job: Job) -> Spans:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.questions import QUESTIONS

    ask = QUESTIONS[job.what]
    first = job.number * 1_000_000
    for turn in range(WARM):
        ask(first + turn)
    with CaptureQueriesContext(connection) as captured:
        ask(first + WARM)
    spans: list[float] = []
    threads = [
        threading.Thread(target=_turns, args=(ask, first + 1000 * (n + 1), job.turns, spans))
        for n in range(job.threads)
    ]
    start, worked = time.time(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Spans(spans, start, time.time(), len(captured), time.process_time() - worked)


def _turns(ask: Callable[[int], Any], first: int, turns: int, spans: list[float]) -> None:
    from django.db import connection

    try:
        for turn in range(first, first + turns):
            start = time.perf_counter()
            ask(turn)
            spans.append(time.perf_counter() - start)
    finally:
        connection.close()
