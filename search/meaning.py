"""The embedder of this installation, and vectors that are asked for again and again."""

from functools import cache

import numpy as np
from django.conf import settings
from django.core.cache import cache as kept

from search.embedding import (
    Embedder,
    EmbedderUnavailable,
    Vectors,
    dequantise,
    embedder,
    quantise,
)
from search.text import text_hash

# So many imagined documents stand in the middle before the first real one comes.
PRIOR = 200
DAY = 24 * 3600


@cache
def current_embedder() -> Embedder:
    """The embedder that the settings name."""
    return embedder(
        settings.EMBEDDER,
        settings.EMBEDDER_URL,
        settings.EMBEDDER_MODEL,
        settings.EMBEDDER_API_KEY,
    )


def vector_of(text: str) -> Vectors | None:
    """The vector of a text, remembered for a day; None where no embedder answers."""
    by = current_embedder()
    if not by.available or not text.strip():
        return None
    name = f"vector:{text_hash(by.name)[:8]}:{text_hash(text)}"
    stored = kept.get(name)
    if stored is None:
        try:
            stored = quantise(by.embed([text]))[0].tobytes()
        except EmbedderUnavailable:
            return None
        kept.set(name, stored, DAY)
    return np.asarray(dequantise(stored), np.float32)


def middle(mean: Vectors | None, known: int) -> Vectors:
    """The middle of all documents: they lie to one side, and that tells nothing about any.

    A few documents cannot say where it is; ordinary French texts stand in for those to come.
    """
    usual = current_embedder().middle
    if mean is None:
        return usual
    return np.asarray((mean * known + usual * PRIOR) / (known + PRIOR), np.float32)


def direction(vectors: Vectors, seen_from: Vectors | None) -> Vectors:
    """Unit vectors as seen from a middle: their products are cosines that tell texts apart."""
    moved = vectors if seen_from is None else vectors - seen_from
    length = np.linalg.norm(moved, axis=-1, keepdims=True)
    return np.asarray(moved / np.maximum(length, 1e-12), np.float32)
