"""The documents that are measured: the demonstration's texts, grown, with vectors.

Texts that are grown beyond the first `--embedded` ones get mixes of two real vectors, which lie as
near to one another as real ones: how long a search takes does not depend on what a vector says.
Beyond `GROWN` documents the texts come again: words are as frequent as before.
"""

import os
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
BATCH = 1000
EMBEDDED = 2000
# So many different texts; larger corpora have them again, with numbers and vectors of their own.
GROWN = 45_000
REDIS_DATABASE = 9
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def database(name: str) -> str:
    """The address of a database of the benchmark's own: beside DATABASE_URL, or a file."""
    beside = os.environ.get("BENCH_DATABASE_URL", os.environ.get("DATABASE_URL", ""))
    if beside.startswith("postgres"):
        return _made(urlunsplit(urlsplit(beside)._replace(path=f"/bench_{name}")), beside)
    FOLDER.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{FOLDER / f'{name}.sqlite3'}"


def _made(url: str, beside: str) -> str:
    import psycopg

    name = urlsplit(url).path[1:]
    with psycopg.connect(beside, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{name}"')
    return url


def use(url: str) -> None:
    """Settings of the product over that database."""
    os.environ["DATABASE_URL"] = url
    if os.environ.get("REDIS_URL"):
        # The queue and the cache of a server that others use are left alone.
        own = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{REDIS_DATABASE}")
        os.environ["REDIS_URL"] = urlunsplit(own)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django

    django.setup()


def fill(total: int, embedded: int = EMBEDDED) -> None:
    """Write that many documents, unless they are there; no ideas behind them."""
    from django.core.management import call_command
    from rich.progress import track

    from demonstration.generator import grow
    from demonstration.loader import seeds
    from search.models import Document

    call_command("migrate", verbosity=0)
    if Document.objects.count() == total:
        return
    Document.objects.all().delete()
    real = vectors(embedded)
    texts = list(grow(seeds(), min(total, GROWN)))
    words: list[dict[str, Any]] = []
    for start in track(range(0, total, BATCH), "Writing documents", transient=True):
        numbers = range(start, min(start + BATCH, total))
        made = mixed(real, numbers)
        words += [analysed(texts[number]) for number in numbers if number < len(texts)]
        _write(
            [
                document(number, texts[number % GROWN], words[number % GROWN], vector)
                for number, vector in zip(numbers, made, strict=True)
            ]
        )


def _write(documents: Sequence[Any]) -> None:
    """By COPY where there is one: ten times as quick as inserting."""
    from django.db import connection, transaction

    from search.models import Document

    if connection.vendor != "postgresql":
        Document.objects.bulk_create(documents)
        return
    names = [field.attname for field in Document._meta.concrete_fields if field.name != "change"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (change,) = cursor.fetchone()
        columns = ", ".join([*names, "change"])
        with cursor.copy(f"COPY search_document ({columns}) FROM STDIN") as copy:
            for row in documents:
                copy.write_row([*(getattr(row, name) for name in names), change])


def said(number: int) -> list[str]:
    """The first texts of the generator, as the product embeds them."""
    from demonstration.generator import grow
    from demonstration.loader import seeds
    from search.embedding import embedding_text

    return [embedding_text(row["title"], row["body"]) for row in grow(seeds(), number)]


def vectors(embedded: int) -> Any:
    """The real vectors of the first texts, kept in a file from one run to the next."""
    import numpy as np
    from rich.progress import track

    from search.embedding import embed_many
    from search.meaning import current_embedder

    by = current_embedder()
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"vectors-{by.name.replace('/', '-')}-{embedded}.npy"
    if not file.exists():
        texts = said(embedded)
        made = np.zeros((len(texts), 384), np.float32)
        batches = embed_many(texts, by)
        for places, rows in track(batches, "Embedding", total=len(texts) // 16, transient=True):
            made[places] = rows
        np.save(file, made)
    return np.load(file)


def mixed(real: Any, numbers: Sequence[int]) -> Any:
    """The stored vectors of those numbers: the real ones, and mixes of two of them after these."""
    import numpy as np

    from search.embedding import quantise

    made = np.empty((len(numbers), real.shape[1]), np.float32)
    for place, number in enumerate(numbers):
        if number < len(real):
            made[place] = real[number]
        else:
            draw = random.Random(number)
            share = draw.uniform(0.2, 0.8)
            one, other = draw.randrange(len(real)), draw.randrange(len(real))
            made[place] = share * real[one] + (1 - share) * real[other]
    return quantise(made)


def analysed(row: dict[str, Any]) -> dict[str, Any]:
    """What is made of a text, once for all of its documents."""
    from search.analysis import ANALYSIS, packed
    from search.text import text_hash

    title, body = row["title"], row["body"]
    return {
        "text_hash": text_hash(f"{title}\n{body}"),
        "terms": packed(title, body),
        "analysis": ANALYSIS,
    }


def document(number: int, row: dict[str, Any], words: dict[str, Any], vector: Any) -> Any:
    from ideas import ranking
    from search.meaning import current_embedder
    from search.models import Document

    draw = random.Random(number)
    views = int(draw.paretovariate(0.9)) + draw.randrange(30)
    support = draw.randrange(views // 2 + 1)
    return Document(
        key=str(number + 1),
        **words,
        title=row["title"],
        body=row["body"],
        state=draw.choices(["published", "declined", "adopted"], [90, 8, 2])[0],
        public=True,
        theme=row["theme"],
        moment=row["moment"] or "",
        channel=row["channel"] or "",
        profession=row["profession"] or "",
        region=draw.choice(["bretagne", "corse", "occitanie", "normandie", "grand-est"]),
        published_at=FIRST_DAY + timedelta(minutes=draw.randrange(400_000)),
        support=support,
        views=min(views, 2**31 - 1),
        comments=min(int(draw.paretovariate(1.2)) - 1, 10_000),
        rising=draw.uniform(0, 100),
        backed=ranking.best_backed(support, support, views),
        exploration=ranking.exploration(support, support, views),
        vector=vector.tobytes(),
        vector_model=current_embedder().name,
    )


def give_vectors(embedded: int = EMBEDDED) -> int:
    """To every document that has none, as `fill` does; how many that were."""
    from search.meaning import current_embedder
    from search.models import Document

    name = current_embedder().name
    waiting = Document.objects.unembedded(name).order_by("key").only("key")
    real = vectors(embedded)
    given = 0
    for part in _parts(waiting.iterator(chunk_size=BATCH)):
        made = mixed(real, [int(row.key) for row in part])
        for row, vector in zip(part, made, strict=True):
            row.vector, row.vector_model = vector.tobytes(), name
        Document.objects.bulk_update(part, ["vector", "vector_model"])
        given += len(part)
    return given


def give_own_vectors(keys: Sequence[int]) -> None:
    """To the documents of these keys, instead of mixes: what is like them is found."""
    from search.embedding import embed_many, embedding_text, quantise
    from search.indexing import store
    from search.meaning import current_embedder
    from search.models import Document

    rows = list(Document.objects.filter(key__in=map(str, keys)))
    texts = [embedding_text(row.title, row.body) for row in rows]
    for places, vectors in embed_many(texts, current_embedder()):
        for row, vector in zip([rows[place] for place in places], vectors, strict=True):
            if bytes(row.vector or b"") != quantise(vector).tobytes():
                store(row, vector)


def _parts(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(rows, BATCH)):
        yield part
