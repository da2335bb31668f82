"""The queue of documents whose text has no vector yet, or that the engine has not been told."""

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction
from django.db.models import F

from search import engines
from search.embedding import (
    EmbedderUnavailable,
    Vectors,
    embed_many,
    embedding_text,
    quantise,
)
from search.engines.base import EngineUnavailable
from search.meaning import current_embedder
from search.models import Document, next_version

# What a person who has just submitted an idea is kept waiting, and how many texts are embedded
# before looking at the clock again.
EMBEDDING_SECONDS = 0.1
EMBEDDED_AT_ONCE = 2
BATCH = 500
LEAP = 1_000_000
# `manage.py embed` reads so many at a time, and embeds them in order of length.
WINDOW = 2048
LEASE, CALLED = "search:draining", "search:drain-called"
LEASE_SECONDS = 60
# Where people write without a pause the queue is never empty: a worker has other tasks too.
TELLING_SECONDS = 30
REBUILDING, REBUILDING_SECONDS = "search:rebuilding", 120


def drain_queue(seconds: float = EMBEDDING_SECONDS) -> int:
    """Embed for about so many `seconds`, then empty the queue; how many documents were told.

    What is left after `TELLING_SECONDS` is the next wake-up's, or the sweep's.
    """
    embed_waiting(seconds)
    return empty_queue(time.monotonic() + TELLING_SECONDS)


def empty_queue(until: float = math.inf) -> int:
    """Tell the engine all that waits; how many were told.

    A process that is at it looks once more for everybody who called meanwhile, and no oftener:
    votes that come in without a pause wait for their wake-up, and are told together.
    """
    told = 0
    cache.set(CALLED, 1, LEASE_SECONDS)
    while True:
        with _alone(LEASE, LEASE_SECONDS) as alone:
            if not alone:
                break
            cache.delete(CALLED)
            told += tell_waiting(until)
        # After the lease is given back: whoever found it taken has called before.
        if time.monotonic() > until or not cache.get(CALLED):
            break
    return told


def tell_waiting(until: float = math.inf) -> int:
    """Tell the engine the present state of what waits now; how many documents it took.

    No row is locked meanwhile: a document that changes while it is told stays in the queue. What
    the engine would never take is set aside; of what it could not take now, the sweep tells it.
    """
    engine = engines.engine()
    told = 0
    while batch := list(Document.objects.unindexed().order_by("change")[:BATCH]):
        answer = engine.tell(batch)
        taken = [row for row in batch if row.key in answer.taken]
        Document.mark_told(taken)
        versions = {row.key: row.version for row in batch}
        Document.set_aside({k: (versions[k], reason) for k, reason in answer.refused.items()})
        told += len(taken)
        busy = len(taken) + len(answer.refused) < len(batch)
        if busy or len(batch) < BATCH or time.monotonic() > until:
            break
    return told


def make_complete() -> bool:
    """Make an index that is missing, lost or of an older form; whether that was needed."""
    engine = engines.engine()
    if engine.complete:
        return False
    with rebuilding() as alone:
        if alone and engine.recovered():
            return False
        if alone:
            for _progress in rebuild():
                pass
    return True


@contextmanager
def rebuilding() -> Iterator[bool]:
    """Whether this process may `rebuild`: one does at a time, however long a step of it takes."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(REBUILDING_SECONDS / 4):
            cache.set(REBUILDING, 1, REBUILDING_SECONDS)

    with _alone(REBUILDING, REBUILDING_SECONDS) as alone:
        keeping = threading.Thread(target=keep, daemon=True)
        if alone:
            keeping.start()
        try:
            yield alone
        finally:
            over.set()
            if alone:
                keeping.join()


def rebuild() -> Iterator[tuple[int, int]]:
    """Make the index anew, what was set aside too; yields (done, of)."""
    Document.try_again()
    yield from engines.engine().rebuild()


def embed_waiting(seconds: float) -> int:
    """Give vectors to texts that have none, the newest first, until the time is over.

    Many are left to the sweep, or to `manage.py embed`. An embedder that does not answer leaves
    all of them.
    """
    by = current_embedder()
    until = time.monotonic() + seconds
    done = 0
    if not by.available:
        return 0
    waiting = Document.objects.present().filter(vector_model="").order_by("-published_at")
    while batch := list(waiting.only("title", "body", "text_hash")[:EMBEDDED_AT_ONCE]):
        try:
            vectors = by.embed([embedding_text(row.title, row.body) for row in batch])
        except EmbedderUnavailable:
            break
        done += sum(map(store, batch, vectors))
        if time.monotonic() > until:
            break
    return done


def store(document: Document, vector: Vectors) -> bool:
    """Keep the vector, unless the text has changed since it was read."""
    same = Document.objects.present().filter(key=document.key, text_hash=document.text_hash)
    # What the engine is being told, without the vector perhaps, is told again; one that reads the
    # table has been.
    version = next_version(engines.engine().reads_table)
    name = current_embedder().name
    return bool(same.update(vector=quantise(vector).tobytes(), vector_model=name, **version))


@contextmanager
def _alone(lease: str, seconds: int) -> Iterator[bool]:
    """One process does it at a time; whoever finds it busy leaves its documents to it."""
    alone = cache.add(lease, 1, seconds)
    try:
        yield alone
    finally:
        if alone:
            cache.delete(lease)


def embed_all() -> Iterator[tuple[int, int]]:
    """Give every text its vector, those of another model too; yields (done, of) per batch."""
    by = current_embedder()
    if not by.available:
        return
    waiting = Document.objects.unembedded(by.name)
    total = waiting.count()
    done = 0
    yield done, total
    while batch := list(waiting.only("title", "body", "text_hash")[:WINDOW]):
        texts = [embedding_text(row.title, row.body) for row in batch]
        for positions, vectors in embed_many(texts, by):
            with transaction.atomic():
                stored = [store(batch[i], v) for i, v in zip(positions, vectors, strict=True)]
            done += sum(stored)
            yield done, max(total, done)
        # The sweep tells it where the engine is away.
        with suppress(EngineUnavailable):
            empty_queue()


@dataclass(frozen=True)
class Comparison:
    """The documents beside what the engine holds. False where they agree.

    What waits in the queue, was set aside, or has no vector yet, is late and not wrong.
    """

    documents: int
    missing: frozenset[str]
    outdated: frozenset[str]
    superfluous: frozenset[str]
    unanalysed: int
    waiting: int
    refused: int
    unembedded: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.outdated or self.superfluous or self.unanalysed)


def compare() -> Comparison:
    """Compare key by key and version by version; takes the keys of both sides into memory.

    The table is read first and the engine after it, while people write: what seems to differ is
    looked at once more.
    """
    documents = Document.objects.all()
    present = dict(documents.present().values_list("key", "version"))
    waiting = frozenset(documents.unindexed().values_list("key", flat=True))
    refused = frozenset(documents.refused().values_list("key", flat=True))
    aside = waiting | refused
    held = dict(engines.engine().held())
    settled = {key: version for key, version in present.items() if key not in aside}
    outdated = frozenset(k for k, v in settled.items() if k in held and held[k] != v)
    superfluous = held.keys() - present.keys() - aside
    written = _written_since(present, (settled.keys() - held.keys()) | outdated | superfluous)
    return Comparison(
        documents=len(present),
        missing=frozenset(settled.keys() - held.keys() - written),
        outdated=outdated - written,
        superfluous=frozenset(superfluous - written),
        unanalysed=documents.unanalysed().count(),
        waiting=len(waiting),
        refused=len(refused),
        unembedded=documents.unembedded(current_embedder().name).count(),
    )


def _written_since(present: Mapping[str, int], keys: Iterable[str]) -> set[str]:
    """Those of the keys that have another version now, or wait again."""
    written = set[str]()
    for batch in _batches(keys):
        rows = Document.objects.filter(key__in=batch)
        now = dict(rows.present().values_list("key", "version"))
        written |= {key for key in batch if now.get(key) != present.get(key)}
        written |= {row.key for row in (rows.unindexed() | rows.refused()).only("key")}
    return written


def repair(found: Comparison) -> None:
    """Tell the engine anew whatever differs, and analyse again what an older analysis wrote."""
    if found.unanalysed or engines.engine().reads_table:
        # The words of the table are the embedded engine's, whichever engine answers.
        for _progress in engines.fallback().rebuild():
            pass
    if not engines.engine().reads_table and not make_complete():
        _tell_again(found.missing | found.outdated)
        _forget(found.superfluous)
        empty_queue()


def _tell_again(keys: Iterable[str]) -> None:
    """A leap: it passes whatever version the engine still remembers, of a deletion too."""
    for batch in _batches(keys):
        Document.objects.filter(key__in=batch).update(version=F("version") + LEAP)


def _forget(keys: Iterable[str]) -> None:
    """Tombstones tell why; of what has no row at all, nothing else is known."""
    for batch in _batches(keys):
        rows = list(Document.objects.filter(key__in=batch))
        if rows:
            engines.engine().tell(rows)
        if gone := sorted(set(batch) - {row.key for row in rows}):
            engines.engine().forget_keys(gone)


def _batches(keys: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    yield from (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
