"""An embedder that remembers on disk what it has embedded: long measurements can be taken up."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from search.embedding import Embedder, Vectors, embed_many
from search.text import text_hash

_AT_ONCE = 500


class Remembered:
    """Vectors by model and text hash, as float16, in one SQLite file."""

    available = True

    def __init__(
        self, by: Embedder, folder: Path, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """``progress`` is told (embedded, to embed) after each batch of texts not yet known."""
        self._by, self._progress = by, progress
        self.name, self.middle = by.name, by.middle
        folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / "vectors.sqlite3")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS vector"
            " (model TEXT, hash TEXT, numbers BLOB, PRIMARY KEY (model, hash)) WITHOUT ROWID"
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        hashes = [text_hash(text) for text in texts]
        known = self._known(hashes)
        missing = {h: text for h, text in zip(hashes, texts, strict=True) if h not in known}
        known.update(self._make(list(missing), list(missing.values())))
        return np.array([known[h] for h in hashes], np.float32)

    def _known(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        for start in range(0, len(hashes), _AT_ONCE):
            part = hashes[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._file.execute(
                f"SELECT hash, numbers FROM vector WHERE model = ? AND hash IN ({marks})",  # noqa: S608
                (self.name, *part),
            )
            found |= {h: np.frombuffer(b, np.float16).astype(np.float32) for h, b in rows}
        return found

    def _make(self, hashes: Sequence[str], texts: Sequence[str]) -> dict[str, Vectors]:
        made: dict[str, Vectors] = {}
        for positions, rows in embed_many(texts, self._by):
            batch = {hashes[i]: row for i, row in zip(positions, rows, strict=True)}
            with self._file:
                self._file.executemany(
                    "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
                    [(self.name, h, row.astype(np.float16).tobytes()) for h, row in batch.items()],
                )
            made |= batch
            if self._progress:
                self._progress(len(made), len(texts))
        return made
