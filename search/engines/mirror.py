"""What one process holds of the documents' table, brought up to date at every question.

Every write stamps its row (`search.models.Change`), so that bringing it up to date is one small
query: what has been stamped since. Several processes thus see one another's writes at once.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Func

from search.engines.columns import Columns
from search.engines.nearness import Nearness
from search.engines.postings import Postings
from search.models import FACETS, NUMBERS, Document

FIELDS = (
    "key",
    "version",
    "deleted",
    "public",
    "published",
    *FACETS,
    *NUMBERS,
    "terms",
    "vector",
    "vector_model",
)
FROM = "FROM search_document"
CHUNK = 5000
# Rows that were deleted behind the product's back leave no stamp: look for them now and then.
RECOUNT_SECONDS = 30.0


class NextUnused(Func):
    """PostgreSQL: a number that no transaction has had yet."""

    template = "(pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


class Contents:
    """The rows of one mirror: words, columns and vectors stand at the same places."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.postings = Postings()
        self.nearness = Nearness()
        self.rows: dict[str, int] = {}
        self.dead = 0

    @property
    def size(self) -> int:
        """How many rows a reader may look at."""
        return self.columns.alive.size

    def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        added = [row for row in documents if not self._update(row)]
        if not added:
            return
        first = len(self.columns.keys)
        self.postings.extend([row["terms"] for row in added])
        self.nearness.extend([row["vector"] for row in added])
        self.columns.extend(added)
        self.rows |= {row["key"]: first + n for n, row in enumerate(added)}

    def _update(self, row: Mapping[str, Any]) -> bool:
        """Take the change over where the row stands; False where it needs a row of its own."""
        at = self.rows.get(row["key"])
        if row["deleted"]:
            self.drop(row["key"])
            return True
        if at is None:
            return False
        if self.postings.words(at) != row["terms"]:
            self.drop(row["key"])
            return False
        self.columns.set(at, row)
        self.nearness.set(at, row["vector"])
        return True

    def drop(self, key: str) -> None:
        at = self.rows.pop(key, None)
        if at is not None:
            self.columns.drop(at)
            self.nearness.set(at, None)
            self.dead += 1


class Mirror:
    """Thread-safe: questions bring it up to date one after the other, then read side by side."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next question reads the whole table."""
        self._contents = Contents()
        self._seen = -1
        # What was read inside an open transaction may still be rolled back.
        self._unsettled: set[str] = set()
        self._counted = time.monotonic()

    def contents(self) -> Contents:
        """The table as this connection sees it now."""
        with self._lock:
            if self._gone_back() or self._contents.dead > 1000 + len(self._contents.rows):
                self.reset()
            if self._seen < 0:
                self._stamp_restored()
            self._refresh()
            return self._contents

    def _stamp_restored(self) -> None:
        """A dump from another PostgreSQL carries stamps that are still to come here."""
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            Document.objects.filter(change__gte=NextUnused()).update()

    def _refresh(self) -> None:
        touched = set[str]()
        oldest = self._seen
        loading = self._seen < 0
        for rows in _written_since(self._seen):
            self._contents.apply([self._record(row) for row in rows])
            oldest = max(oldest, rows[-1][-1])
            touched |= {row[0] for row in rows}
        self._settle(touched)
        self._contents.postings.settle()
        if not connection.in_atomic_block:
            self._seen = max(oldest, 0) if loading else oldest

    def _settle(self, touched: set[str]) -> None:
        """Look again at what was read inside a transaction: it may have been rolled back."""
        doubtful = list(self._unsettled - touched)
        self._unsettled = self._unsettled | touched if connection.in_atomic_block else set()
        for start in range(0, len(doubtful), 500):
            keys = doubtful[start : start + 500]
            found = [self._record(row) for row in _with_keys(keys)]
            self._contents.apply(found)
            for key in set(keys) - {row["key"] for row in found}:
                self._contents.drop(key)

    def _record(self, row: Sequence[Any]) -> dict[str, Any]:
        record = dict(zip(FIELDS, row, strict=False))
        usable = record["vector"] and record["vector_model"] == self.model
        record["vector"] = bytes(record["vector"]) if usable else None
        record["terms"] = bytes(record["terms"])
        return record

    def _gone_back(self) -> bool:
        """Whether rows have vanished without a tombstone, or stamps come from elsewhere."""
        if self._seen < 0 or time.monotonic() - self._counted < RECOUNT_SECONDS:
            return False
        self._counted = time.monotonic()
        if connection.in_atomic_block:
            return False
        return Document.objects.present().count() < len(self._contents.rows)


def _written_since(seen: int) -> Iterator[list[Sequence[Any]]]:
    """The rows stamped after `seen`, each with what to look after next time as its last column.

    Of PostgreSQL's transactions the oldest one still open may yet add rows below the newest
    stamp: next time, everything from it on is read again.
    """
    postgresql = connection.vendor == "postgresql"
    after = "change >= %s" if postgresql else "change > %s"
    last = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint" if postgresql else "change"
    where = f"{after} AND NOT deleted" if seen < 0 else after
    # The whole table is read in pieces; of a refresh there is hardly ever more than one.
    opened = connection.chunked_cursor if seen < 0 else connection.cursor
    with opened() as cursor:
        cursor.execute(f"SELECT {_columns()}, {last} {FROM} WHERE {where} ORDER BY change", [seen])
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def _with_keys(keys: Sequence[str]) -> list[Sequence[Any]]:
    marks = ", ".join(["%s"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_columns()} {FROM} WHERE key IN ({marks})", keys)
        return list(cursor.fetchall())


def _columns() -> str:
    """FIELDS in SQL; plain, because this is read at every question and for every document."""
    # In milliseconds, which Elasticsearch orders by.
    epoch = "ROUND((julianday(published_at) - 2440587.5) * 86400000.0)"
    if connection.vendor == "postgresql":
        epoch = "FLOOR(EXTRACT(EPOCH FROM published_at) * 1000)::double precision"
    return ", ".join(epoch if name == "published" else name for name in FIELDS)
