"""Telling Elasticsearch the present state of documents, and telling its errors apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search import draw
from search.embedding import dequantise
from search.engines.base import RequestRefused, Told
from search.engines.elastic.connection import Connection
from search.engines.elastic.index import Generation
from search.meaning import direction
from search.models import FACETS, NUMBERS, Document

# An answer to one operation: done, not again, or later.
_CONFLICT, _GONE = 409, 404
_LATER = frozenset({403, 408, 429, 500, 502, 503, 504})
LONGEST_REASON = 500
# Of each number of a vector, which was made of one byte: more of them are only longer to read.
DIGITS = 5
# So few are what somebody has just written and may look for: they can be found with the answer.
# Of more, each refresh would be dear; these wait for the index to refresh by itself.
FOUND_AT_ONCE = 50


def tell(
    connection: Connection, generations: Sequence[Generation], documents: Sequence[Document]
) -> Told:
    """Tell every index; a document is taken once all of them have it.

    Raises EngineUnavailable where the server did not take the request at all.
    """
    taken = {document.key for document in documents}
    refused: dict[str, str] = {}
    for generation in generations:
        told = _tell_one(connection, generation, documents)
        taken &= told.taken
        refused |= told.refused
    return Told(frozenset(taken), refused)


def _tell_one(
    connection: Connection, generation: Generation, documents: Sequence[Document]
) -> Told:
    operations: list[Any] = []
    for document in documents:
        operations += _operation(document, generation)
    try:
        answer = connection.ask(
            connection.patient.bulk,
            index=generation.name,
            operations=operations,
            refresh=len(documents) <= FOUND_AT_ONCE,
        )
    except RequestRefused as refused:
        return _halved(connection, generation, documents, str(refused))
    return _sorted_out(answer["items"])


def _halved(
    connection: Connection, generation: Generation, documents: Sequence[Document], reason: str
) -> Told:
    """Find what it was that the server would not take, so that the others go in."""
    if len(documents) == 1:
        return Told(frozenset(), {documents[0].key: reason[:LONGEST_REASON]})
    middle = len(documents) // 2
    one, other = (
        _tell_one(connection, generation, half) for half in (documents[:middle], documents[middle:])
    )
    return Told(one.taken | other.taken, {**one.refused, **other.refused})


def _sorted_out(items: Sequence[Mapping[str, Any]]) -> Told:
    taken, refused = set[str](), {}
    for item in items:
        ((kind, result),) = item.items()
        status, error = result["status"], result.get("error", {})
        newer_is_there = status == _CONFLICT
        if status < 300 or newer_is_there or (kind == "delete" and status == _GONE):
            taken.add(result["_id"])
        elif status not in _LATER and "cluster_block" not in error.get("type", ""):
            refused[result["_id"]] = _reason(error)
    return Told(frozenset(taken), refused)


def _reason(error: Mapping[str, Any]) -> str:
    cause = error.get("caused_by", {}).get("reason", "")
    return " ".join(filter(None, (error.get("type"), error.get("reason"), cause)))[:LONGEST_REASON]


def _operation(document: Document, generation: Generation) -> list[Any]:
    """External versions: whatever arrives late, the newest stays."""
    which = {"_id": document.key, "version": document.version, "version_type": "external"}
    if document.deleted:
        return [{"delete": which}]
    return [{"index": which}, source(document, generation)]


def source(document: Document, generation: Generation) -> dict[str, Any]:
    """The document as the index holds it; empty fields are left out."""
    held: dict[str, Any] = {
        "key": document.key,
        "title": document.title,
        "body": document.body,
        "public": document.public,
        "published_at": document.published_at,
        "tie": draw.signed(draw.numbered(document.key)),
    }
    held |= {name: getattr(document, name) for name in NUMBERS}
    facets = {name: getattr(document, name) for name in (*FACETS, "entity")}
    held |= {name: slug for name, slug in facets.items() if slug}
    stored = bytes(document.vector or b"")
    if document.vector_model == generation.model and len(stored) == len(generation.middle):
        unit = direction(dequantise(stored), generation.middle)
        held["vector"] = np.round(np.ascontiguousarray(unit, np.float32), DIGITS)
    return held
