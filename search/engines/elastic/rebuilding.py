"""Filling a new index from the documents' table, in the order of the keys."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from search.engines.base import EngineUnavailable, Told
from search.engines.elastic import bulk
from search.engines.elastic.connection import Connection
from search.engines.elastic.index import Generation, Indexes
from search.models import Document

AT_ONCE = 500
# Bulk requests under way: one for each core that the server may use.
THREADS = 2
# How far it is is written down after so many documents, for whoever goes on.
NOTED = 10 * AT_ONCE


class NotTaken(EngineUnavailable):
    """The server is full or slow: the index stays unfinished, and filling it goes on later."""


def filled(
    connection: Connection, indexes: Indexes, generation: Generation
) -> Iterator[tuple[int, int]]:
    """Send every present document, after the last one that is there; yields (done, of).

    External versions make the order harmless: what is written meanwhile is told to this index too,
    by whoever writes it.

    Where no index serves yet, this one is all that there is to tell, and the queue is emptied by
    the way; what an index that serves has not been told, it is still to be told.
    """
    alone = indexes.serving() is None
    total = Document.objects.present().count()
    # What the embedded engine searches is half of a row.
    rows = Document.objects.present().order_by("key").defer("terms")
    reached = generation.upto or ""
    done = rows.filter(key__lte=reached).count() if reached else 0
    yield done, total
    under_way: deque[tuple[list[Document], Future[Told]]] = deque()
    noted = done
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            batch = list(rows.filter(key__gt=reached)[:AT_ONCE])
            if batch:
                told = pool.submit(bulk.tell, connection, [generation], batch)
                under_way.append((batch, told))
                reached = batch[-1].key
            if len(under_way) > THREADS or (under_way and not batch):
                sent, answer = under_way.popleft()
                _settle(sent, answer.result(), alone)
                done += len(sent)
                if done - noted >= NOTED:
                    indexes.filled_up_to(generation, sent[-1].key)
                    noted = done
                yield done, max(total, done)
            elif not batch:
                break


def _settle(sent: list[Document], told: Told, alone: bool) -> None:
    """What can never be taken is set aside; what was only not taken now ends this attempt."""
    if alone:
        Document.mark_told(row for row in sent if row.key in told.taken)
    missing = {document.key for document in sent} - told.taken - told.refused.keys()
    if missing:
        raise NotTaken(f"{len(missing)} documents were not taken")
    Document.set_aside(
        {row.key: (row.version, told.refused[row.key]) for row in sent if row.key in told.refused}
    )
