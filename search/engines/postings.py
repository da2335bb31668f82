"""Which documents hold which words: an inverted index in memory, ranked by BM25."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.analysis import BOUNDARY
from search.text import inverse_frequency

# BM25 (Robertson & Zaragoza 2009): how fast repetition saturates, how much length counts.
K1 = 1.2
B = 0.6
# A word of the title counts as so many words of the body (BM25F, one field weight).
TITLE = 2.5
AVERAGE_LENGTH = 45.0

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Segment:
    """The postings of `size` rows from `first`: for each code, who holds it and how strongly."""

    first: int
    size: int

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    rows: Rows
    impacts: NDArray[np.float32]

    def of(self, code: int) -> slice:
        at = int(self.codes.searchsorted(np.uint32(code)))
        if at == len(self.codes) or self.codes[at] != code:
            return slice(0, 0)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))


def segment(first: int, words: Sequence[bytes]) -> Segment:
    """The postings of the packed words of the rows from `first` on."""
    flat = np.frombuffer(b"".join(words), "<u4")
    document = np.repeat(np.arange(len(words)), [len(row) // 4 for row in words])
    boundary = flat == BOUNDARY
    in_body = np.cumsum(boundary) > document
    weight = np.where(in_body, 1.0, TITLE)[~boundary]
    both = flat.astype(np.uint64) << np.uint64(32) | document.astype(np.uint64)
    pairs, place = np.unique(both[~boundary], return_inverse=True)
    frequency = np.bincount(place, weight, minlength=len(pairs))
    document = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    length = np.bincount(document, frequency, minlength=len(words))
    norm = K1 * (1 - B + B * length / AVERAGE_LENGTH)
    codes, starts = np.unique((pairs >> np.uint64(32)).astype(np.uint32), return_index=True)
    return Segment(
        first,
        len(words),
        codes,
        np.append(starts, len(pairs)),
        (document + first).astype(np.int32),
        ((K1 + 1) * frequency / (frequency + norm[document])).astype(np.float32),
    )


class Postings:
    """Segments, the large and old ones first. A row's words never change: it is written once."""

    def __init__(self) -> None:
        self._segments: tuple[Segment, ...] = ()
        self._words: list[bytes] = []
        self._frequencies: dict[int, int] = {}

    def extend(self, words: Sequence[bytes]) -> None:
        """Add the packed words of the next rows; `settle` makes them found."""
        self._words.extend(words)

    def settle(self) -> None:
        kept = list(self._segments)
        first = kept[-1].first + kept[-1].size if kept else 0
        if first == len(self._words):
            return
        # Neighbours of like size become one, so that there are few, and n log n work in all.
        while kept and kept[-1].size <= 2 * (len(self._words) - first):
            first = kept.pop().first
        self._segments = (*kept, segment(first, self._words[first:]))
        self._frequencies = {}

    def words(self, row: int) -> bytes:
        return self._words[row]

    def frequency(self, code: int) -> int:
        """How many rows hold the word."""
        known = self._frequencies
        if (count := known.get(code)) is None:
            slices = [part.of(code) for part in self._segments]
            count = known[code] = sum(found.stop - found.start for found in slices)
        return count

    def matches(self, codes: Iterable[int], size: int) -> NDArray[np.bool_]:
        """Which of the first `size` rows hold any of the words."""
        found = np.zeros(size, np.bool_)
        for part in self._segments:
            for code in codes:
                rows = part.rows[part.of(code)]
                found[rows[rows < size]] = True
        return found

    def scores(
        self, groups: Sequence[Sequence[int]], size: int
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """BM25 and number of matched groups, for each of the first `size` rows.

        A group is one word asked for: its code, or those of several spellings of it, of which a
        row counts the best.
        """
        score = np.zeros(size, np.float32)
        count = np.zeros(size, np.uint8)
        for group in groups:
            if len(group) == 1:
                self._add(group[0], score, count)
            else:
                best = np.zeros(size, np.float32)
                for code in group:
                    one, _ = self.scores([[code]], size)
                    np.maximum(best, one, out=best)
                score += best
                count += best > 0
        return score, count

    def _add(self, code: int, score: NDArray[np.float32], count: NDArray[np.uint8]) -> None:
        telling = np.float32(inverse_frequency(self.frequency(code), len(self._words)))
        for part in self._segments:
            found = part.of(code)
            rows, impacts = part.rows[found], part.impacts[found]
            if len(rows) and rows[-1] >= len(score):
                # Added since the reader looked at the size.
                known = rows < len(score)
                rows, impacts = rows[known], impacts[known]
            score[rows] += telling * impacts
            count[rows] += 1

    def having_phrase(self, codes: Sequence[int], rows: Iterable[int]) -> list[int]:
        """Those of `rows` where the words stand side by side, stop words apart."""
        pattern = np.array(codes, "<u4").tobytes()
        return [row for row in rows if _stands_in(self._words[row], pattern)]


def _stands_in(words: bytes, pattern: bytes) -> bool:
    at = words.find(pattern)
    while at > 0 and at % 4:
        at = words.find(pattern, at + 1)
    return at >= 0
