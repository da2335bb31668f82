"""Engines under trial: texts put before them, and the product's questions asked, one by one.

The database must hold nothing but these texts, or they must be its own documents: an engine's
statistics are of everything it holds. Of the engines that do not read the database, only the one
of the settings is told.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import numpy as np
from django.db.models import F
from django.utils import timezone

from search import engines
from search.comparison import Method, Numbers, Seen
from search.embedding import quantise
from search.engines.base import EVERYTHING, Engine, Hit
from search.evaluation import Floats
from search.indexing import tell_waiting
from search.meaning import current_embedder, direction
from search.models import Document
from search.similar import Sought, ranked
from search.similarity import fused

BATCH = 500
# An index shows what it was told after so many seconds at most.
PATIENCE = 60


class Texts:
    """The texts of a corpus as documents; numbers are places in the corpus."""

    def __init__(self, by: Seen, keys: dict[str, str] | None = None) -> None:
        """`keys`: those of the texts that are the database's own documents."""
        self._by, self._own = by, keys
        self._learnt: Sequence[str] = ()
        self._numbers: dict[str, int] = {}
        self._used = 0

    def learn(self, corpus: Sequence[str]) -> None:
        if self._own is not None:
            self._numbers = {self._own[t]: n for n, t in enumerate(corpus) if t in self._own}
        elif corpus is not self._learnt:
            self._forget()
            self._write(corpus)
            self._learnt = corpus

    def numbers(self, keys: Sequence[str]) -> Numbers:
        return np.array([self._numbers[key] for key in keys if key in self._numbers], np.intp)

    def clear(self) -> None:
        """Take the texts away again."""
        if self._used:
            self._forget()
            Document.objects.all().delete()

    def _forget(self) -> None:
        if not self._numbers:
            return
        # Tombstones, as in the product: engines learn of a row's end by the row.
        Document.objects.present().update(
            deleted=True, vector=None, vector_model="", terms=b"", version=F("version") + 1
        )
        self._numbers = {}
        _told(0)

    def _write(self, corpus: Sequence[str]) -> None:
        # An engine remembers what a key's version was: no key is used twice.
        keys = [str(self._used + n) for n in range(len(corpus))]
        self._used += len(corpus)
        for start in range(0, len(corpus), BATCH):
            batch = slice(start, start + BATCH)
            vectors = quantise(self._by.embed(corpus[batch]))
            Document.objects.bulk_create(
                _document(key, text, vector.tobytes())
                for key, text, vector in zip(keys[batch], corpus[batch], vectors, strict=True)
            )
        self._numbers = {key: number for number, key in enumerate(keys)}
        _told(len(corpus))


def _told(expected: int) -> None:
    """The engine is told, and shows it."""
    tell_waiting()
    until = time.monotonic() + PATIENCE
    while sum(1 for _held in engines.engine().held()) != expected:
        if time.monotonic() > until:
            raise TimeoutError(f"the engine does not hold the {expected} texts")
        time.sleep(0.5)


def _document(key: str, text: str, vector: bytes) -> Document:
    fields = {"title": "", "body": text, "state": "evaluation", "published_at": timezone.now()}
    document = Document.new(key, fields)
    document.vector, document.vector_model = vector, current_embedder().name
    return document


class Way:
    """One way of asking: `alike`, `nearest`, `rank fusion` or `fused`. Scores no pairs."""

    def __init__(self, name: str, engine: Engine, texts: Texts, by: Seen) -> None:
        self._name, self._engine, self._texts, self._by = name, engine, texts, by

    def learn(self, corpus: Sequence[str]) -> Self:
        self._texts.learn(corpus)
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        raise NotImplementedError("an engine compares a text with its documents")

    def search(self, query: str, n: int) -> Numbers:
        sought = Sought("", query, "", self._by.embed([query])[0])
        if self._name == "fused":
            matches = ranked(sought, EVERYTHING, n, self._engine)
            return self._texts.numbers([match.key for match in matches])
        return self._texts.numbers([hit.key for hit in self._hits(sought, n)])

    def _hits(self, sought: Sought, n: int) -> list[Hit]:
        engine = self._engine
        if self._name == "more-like-this":
            return engine.alike(sought.text, EVERYTHING, n)
        assert sought.vector is not None  # noqa: S101
        towards = direction(sought.vector, engine.statistics().mean)
        near = engine.nearest(towards, EVERYTHING, n)
        if self._name == "nearest":
            return near
        alike = engine.alike(sought.text, EVERYTHING, n)
        lists = [[hit.key for hit in found] for found in (alike, near)]
        return [Hit(key, score) for key, score in fused(lists)][:n]


@contextmanager
def ways(
    names: Sequence[str], by: Seen, keys: dict[str, str] | None
) -> Iterator[dict[str, Method]]:
    """Every way of asking each of these engines, by name."""
    texts = Texts(by, keys)
    try:
        yield {
            f"{way}, {name}": Way(way, engines.named(name), texts, by)
            for name in names
            for way in ("more-like-this", "nearest", "rank fusion", "fused")
        }
    finally:
        texts.clear()
