"""An engine under trial: texts put before it, and the product's questions asked of it, one by one.

The database must hold nothing but these texts, or they must be its own documents: an engine's
statistics are of everything it holds.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import numpy as np
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


class Trial:
    """The texts of a corpus as documents of one engine; numbers are places in the corpus."""

    def __init__(self, engine: Engine, by: Seen, keys: dict[str, str] | None = None) -> None:
        """`keys`: those of the texts that are the database's own documents."""
        self.engine, self._by, self._own = engine, by, keys
        self._learnt: Sequence[str] = ()
        self._numbers: dict[str, int] = {}

    def learn(self, corpus: Sequence[str]) -> None:
        if self._own is not None:
            self._numbers = {self._own[t]: n for n, t in enumerate(corpus) if t in self._own}
        elif corpus is not self._learnt:
            self.clear()
            self._write(corpus)
            self._learnt = corpus

    def sought(self, query: str) -> Sought:
        return Sought("", query, "", self._by.embed([query])[0])

    def numbers(self, keys: Sequence[str]) -> Numbers:
        return np.array([self._numbers[key] for key in keys if key in self._numbers], np.intp)

    def clear(self) -> None:
        """Take the texts away again."""
        if self._own is None and self._numbers:
            Document.objects.update(deleted=True, version=2**31, indexed_version=0)
            tell_waiting()
            Document.objects.all().delete()
            self._numbers = {}

    def _write(self, corpus: Sequence[str]) -> None:
        for start in range(0, len(corpus), BATCH):
            texts = corpus[start : start + BATCH]
            vectors = quantise(self._by.embed(texts))
            Document.objects.bulk_create(
                _document(str(start + n), text, vector.tobytes())
                for n, (text, vector) in enumerate(zip(texts, vectors, strict=True))
            )
        tell_waiting()
        self._numbers = {str(n): n for n in range(len(corpus))}
        until = time.monotonic() + PATIENCE
        while sum(1 for _held in self.engine.held()) < len(corpus) and time.monotonic() < until:
            time.sleep(0.5)


def _document(key: str, text: str, vector: bytes) -> Document:
    fields = {"title": "", "body": text, "state": "evaluation", "published_at": timezone.now()}
    document = Document.new(key, fields)
    document.vector, document.vector_model = vector, current_embedder().name
    return document


class Way:
    """One way of asking: `alike`, `nearest`, `rank fusion` or `fused`. Scores no pairs."""

    def __init__(self, name: str, trial: Trial) -> None:
        self._name, self._trial = name, trial

    def learn(self, corpus: Sequence[str]) -> Self:
        self._trial.learn(corpus)
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        raise NotImplementedError("an engine compares a text with its documents")

    def search(self, query: str, n: int) -> Numbers:
        sought = self._trial.sought(query)
        if self._name == "fused":
            matches = ranked(sought, EVERYTHING, n, self._trial.engine)
            return self._trial.numbers([match.key for match in matches])
        return self._trial.numbers([hit.key for hit in self._hits(sought, n)])

    def _hits(self, sought: Sought, n: int) -> list[Hit]:
        engine = self._trial.engine
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
    trials = {name: Trial(engines.named(name), by, keys) for name in names}
    found: dict[str, Method] = {
        f"{way}, {name}": Way(way, trial)
        for name, trial in trials.items()
        for way in ("more-like-this", "nearest", "rank fusion", "fused")
    }
    try:
        yield found
    finally:
        for trial in trials.values():
            trial.clear()
