"""How quick search is: `python -m bench.search [--ideas 45000] [--embedded 600]`.

Works in a database of its own (BENCH_DATABASE_URL, else SQLite under var/bench), filled once with
the demonstration's generated texts. `--embedded` texts get their real vectors; the others get
mixes of two of these, which are as near to one another as real ones: the time of a search does
not depend on what a vector says.
"""

import argparse
import gc
import os
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=45_000)
    parser.add_argument("--embedded", type=int, default=600)
    parser.add_argument("--repeat", type=int, default=60)
    chosen = parser.parse_args()
    prepare_django(chosen.ideas)

    from bench.record import record, show

    fill(chosen.ideas, chosen.embedded)
    rows = list(measured(chosen.ideas, chosen.repeat))
    show(rows)
    record(rows)


def prepare_django(ideas: int) -> None:
    """Settings of the product over a database of the benchmark's own."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    default = f"sqlite:///{folder / f'search-{ideas}.sqlite3'}"
    os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL", default)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django

    django.setup()


def fill(ideas: int, embedded: int) -> None:
    """Write that many documents, unless they are there."""
    from django.core.management import call_command
    from rich.progress import track

    from search.models import Document

    call_command("migrate", verbosity=0)
    if Document.objects.count() == ideas:
        return
    Document.objects.all().delete()
    rows = texts(ideas)
    vectors = mixed(vectors_of(rows[:embedded]), ideas)
    batches = range(0, ideas, BATCH)
    for start in track(batches, "Writing documents", transient=True):
        written = range(start, min(start + BATCH, ideas))
        Document.objects.bulk_create(
            [document(number, rows[number], vectors[number]) for number in written]
        )


def texts(ideas: int) -> list[dict[str, Any]]:
    """The demonstration's ideas, and as many more of their kind as are asked for."""
    from demonstration.generator import grow
    from demonstration.loader import seeds

    return list(grow(seeds(), ideas))


def vectors_of(rows: list[dict[str, Any]]) -> Any:
    import numpy as np
    from rich.progress import track

    from search.embedding import embed_many, embedding_text
    from search.meaning import current_embedder

    said = [embedding_text(row["title"], row["body"]) for row in rows]
    made = np.zeros((len(said), 384), np.float32)
    batches = embed_many(said, current_embedder())
    for places, vectors in track(batches, "Embedding", total=len(said) // 32, transient=True):
        made[places] = vectors
    return made


def mixed(real: Any, total: int) -> Any:
    """The real vectors, then mixes of two of them, as int8."""
    import numpy as np

    from search.embedding import quantise

    draw = np.random.default_rng(2026)
    one, other = draw.integers(0, len(real), (2, total - len(real)))
    share = draw.uniform(0.2, 0.8, (total - len(real), 1))
    both = share * real[one] + (1 - share) * real[other]
    return quantise(np.concatenate([real, both]).astype(np.float32))


def document(number: int, row: dict[str, Any], vector: Any) -> Any:
    from datetime import UTC, datetime, timedelta

    from ideas import ranking
    from search.meaning import current_embedder
    from search.models import Document

    draw = random.Random(number)
    views = int(draw.paretovariate(0.9)) + draw.randrange(30)
    support = draw.randrange(views // 2 + 1)
    return Document.new(
        str(number + 1),
        {
            "title": row["title"],
            "body": row["body"],
            "state": draw.choices(["published", "declined", "adopted"], [90, 8, 2])[0],
            "public": True,
            "theme": row["theme"],
            "moment": row["moment"] or "",
            "channel": row["channel"] or "",
            "profession": row["profession"] or "",
            "region": draw.choice(["bretagne", "corse", "occitanie", "normandie", "grand-est"]),
            "published_at": datetime(2026, 1, 1, tzinfo=UTC)
            + timedelta(minutes=draw.randrange(400_000)),
            "support": support,
            "views": views,
            "comments": int(draw.paretovariate(1.2)) - 1,
            "rising": draw.uniform(0, 100),
            "backed": ranking.best_backed(support, support, views),
            "exploration": ranking.exploration(support, support, views),
            "vector": vector.tobytes(),
            "vector_model": current_embedder().name,
        },
    )


def measured(ideas: int, repeat: int) -> Iterator[dict[str, Any]]:
    """One row per thing that people wait for."""
    from django.db import connection

    from bench.record import timed
    from search import engines
    from search.find import Query, find, suggest
    from search.models import Document
    from search.similar import similar, similar_to

    facts = {"engine": f"database, {connection.vendor}", "ideas": ideas}
    draw = random.Random(1)
    keys = [str(draw.randrange(ideas) + 1) for _ in range(repeat)]
    found = Document.objects.in_bulk(keys)
    questions = [" ".join(found[key].title.split()[:4]) for key in keys]
    engine = engines.engine()

    gc.collect()
    start, before = time.perf_counter(), memory()
    find(Query())
    yield {
        "what": "first question of a process",
        "clients": 1,
        "p50_ms": round((time.perf_counter() - start) * 1000),
        "bytes": memory() - before,
        **facts,
    }

    def vote(key: str) -> None:
        Document.put_numbers(key, support=draw.randrange(99), rising=draw.random())

    def vote_and_list(key: str) -> None:
        vote(key)
        find(Query(order="rising"))

    def typing(key: str) -> None:
        # A word that nobody typed before: the text is embedded each time.
        similar(found[key].title, f"{found[key].body[:150]} {draw.random()}")

    for order in ("rising", "backed", "new", "discussed", "discover"):
        yield timed(
            f"list, {order}", lambda k, o=order: find(Query(order=o, seed=k)), keys, **facts
        )
    narrow = {"theme": ["waiting", "parcels"], "region": ["bretagne"]}
    yield timed("list, two filters", lambda _: find(Query(filters=narrow)), keys, **facts)
    asked = iter(range(10**9))
    yield timed(
        "search, first time asked",
        lambda text: find(Query(f"{text} {next(asked)}", order="relevance")),
        questions,
        **facts,
    )
    yield timed(
        "search, asked before",
        lambda text: find(Query(text, order="relevance")),
        questions + questions,
        warm=len(questions),
        **facts,
    )
    yield timed("suggest", lambda text: suggest(text[:7]), questions, **facts)
    yield timed("similar while typing", typing, keys, **facts)
    yield timed("similar to a stored idea", similar_to, keys, **facts)
    yield timed("vote's numbers", vote, keys, **facts)
    yield timed("vote's numbers and list", vote_and_list, keys, **facts)
    yield timed("nearest by meaning", lambda key: nearest(engine, found[key]), keys, **facts)


def nearest(engine: Any, document: Any) -> None:
    from search.embedding import dequantise
    from search.engines.base import Scope

    engine.nearest(dequantise(bytes(document.vector)), Scope(), 40)


def memory() -> int:
    """Bytes that this process holds in memory now; 0 where the system does not tell."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * resource.getpagesize() if told.exists() else 0


if __name__ == "__main__":
    main()
