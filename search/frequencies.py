"""How many documents hold each term, for engines that do not count our terms themselves.

Rarity (`search.similarity.Statistics`) is a logarithm: of many documents a sample is enough.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from search.analysis import BOUNDARY, code
from search.embedding import Vectors, dequantise
from search.models import Document

SAMPLE = 20_000
GROWTH = 1.2
# Kept for all processes; the sweep counts anew.
NAME, KEPT_SECONDS = "search:frequencies", 24 * 3600


@dataclass(frozen=True)
class Frequencies(Mapping[str, int]):
    """`codes` in order, with the number of sampled documents that hold each; `scale` to all."""

    codes: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    documents: int
    scale: float

    def __getitem__(self, term: str) -> int:
        wanted = code(term)
        # Of their own type: for any other one numpy would convert all of them each time.
        at = int(self.codes.searchsorted(np.uint32(wanted)))
        if at < len(self.codes) and self.codes[at] == wanted:
            return max(1, round(float(self.counts[at]) * self.scale))
        return 0

    def get(self, term: str, default: Any = 0) -> Any:
        return self[term] or default

    def __iter__(self) -> Iterator[str]:
        raise TypeError("terms are kept as codes")

    def __len__(self) -> int:
        return len(self.codes)


def counted() -> Frequencies:
    """Count the terms of a sample: the newest documents, whose words are asked for most."""
    present = Document.objects.present()
    total = present.count()
    newest = present.order_by("-published_at").values_list("terms", flat=True)[:SAMPLE]
    held = [np.unique(np.frombuffer(bytes(terms), "<u4")) for terms in newest.iterator()]
    codes, counts = np.unique(
        np.concatenate(held) if held else np.zeros(0, np.uint32), return_counts=True
    )
    real = codes != BOUNDARY
    scale = total / max(len(held), 1)
    return Frequencies(codes[real], counts[real].astype(np.uint32), total, scale)


def renew() -> Frequencies:
    """Count, and keep the figures for every process."""
    found = counted()
    cache.set(NAME, found, KEPT_SECONDS)
    return found


def known() -> Frequencies:
    """The figures as they were counted last, while the corpus is about as large as then."""
    found: Frequencies | None = cache.get(NAME)
    if found is None or not found.documents:
        return renew()
    growth = Document.objects.present().count() / found.documents
    return found if 1 / GROWTH < growth < GROWTH else renew()


def mean_vector(model: str) -> tuple[Vectors | None, int]:
    """The mean of a sample of vectors, and of how many; none where there are none yet."""
    rows = Document.objects.present().filter(vector_model=model).order_by("-published_at")
    stored = [bytes(vector or b"") for vector in rows.values_list("vector", flat=True)[:SAMPLE]]
    if not stored:
        return None, 0
    numbers = np.frombuffer(b"".join(stored), np.int8).reshape(len(stored), -1)
    return np.asarray(dequantise(numbers).mean(axis=0), np.float32), len(stored)
