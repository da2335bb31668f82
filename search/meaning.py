"""The embedder of this installation, and vectors that are asked for again and again."""

import logging
from functools import cache

import numpy as np
from django.conf import settings
from django.core.cache import cache as kept

from pieces.memory import Memory
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
AWAY_SECONDS = 10
_away = Memory[bool](10, AWAY_SECONDS)

logger = logging.getLogger(__name__)


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
    """The vector of a text, remembered for a day; None where no embedder answers.

    One that did not answer is left alone for a while: people would wait for it at each search.
    """
    by = current_embedder()
    if not by.available or not text.strip():
        return None
    name = f"vector:{text_hash(by.name)[:8]}:{text_hash(text)}"
    stored = kept.get(name)
    if stored is None:
        if _away.get(by.name):
            return None
        try:
            stored = quantise(by.embed([text]))[0].tobytes()
        except EmbedderUnavailable as error:
            logger.warning("No search by meaning for %s seconds: %s", AWAY_SECONDS, error)
            _away.keep(by.name, True)
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
