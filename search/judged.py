"""Features of pairs of documents that somebody has judged, as the scorer is fitted to them."""

from collections.abc import Sequence

import numpy as np

from search import engines
from search.embedding import dequantise
from search.fitting import Integers, Table
from search.meaning import current_embedder
from search.models import Document
from search.similarity import Profile, Statistics, features, profile


def of_documents(name: str, judged: Sequence[tuple[str, str, bool]]) -> Table | None:
    """Pairs of documents by their keys, and whether they are the same; None where none is there."""
    keys = {key for one, other, _same in judged for key in (one, other)}
    documents = Document.objects.present().in_bulk(keys)
    known = engines.engine().statistics()
    profiles = {key: _profile(document, known) for key, document in documents.items()}
    there = [row for row in judged if row[0] in profiles and row[1] in profiles]
    if not there:
        return None
    table = np.concatenate([features(profiles[a], [profiles[b]]) for a, b, _same in there])
    same = np.array([same for _one, _other, same in there])
    groups = _together([(one, other) for one, other, _same in there])
    return Table(name, table, same, groups, same.astype(float))


def _together(pairs: Sequence[tuple[str, str]]) -> Integers:
    """A number for each pair, the same for pairs that hang together by their documents."""
    root: dict[str, str] = {}

    def top(key: str) -> str:
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    for one, other in pairs:
        root[top(one)] = top(other)
    return np.unique([top(one) for one, _other in pairs], return_inverse=True)[1]


def _profile(document: Document, known: Statistics) -> Profile:
    usable = document.vector and document.vector_model == current_embedder().name
    vector = dequantise(bytes(document.vector)) if usable and document.vector else None
    return profile(f"{document.title}\n{document.body}", known, vector, document.theme)
