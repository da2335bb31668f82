"""The words that people use, as they write them: completions and corrections."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from search.text import STOP_WORDS, folded, stem

_WORD = re.compile(r"[^\W_]+")
SHORTEST = 4


class Word(NamedTuple):
    """A word, how it is mostly written, and how often."""

    folded: str
    written: str
    uses: int


class Words:
    """A vocabulary. One made anew every so often is good enough: it only makes suggestions."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        spellings = Counter(word.lower() for text in texts for word in _WORD.findall(text))
        best: dict[str, tuple[int, str]] = {}
        total: Counter[str] = Counter()
        for written, count in spellings.items():
            word = folded(written)
            total[word] += count
            best[word] = max(best.get(word, (0, "")), (count, written))
        self._words = sorted(
            Word(word, best[word][1], count)
            for word, count in total.items()
            if len(word) >= SHORTEST and not word.isdigit() and word not in STOP_WORDS
        )
        self._folded = [word.folded for word in self._words]
        self._by_grams: defaultdict[str, list[int]] = defaultdict(list)
        for place, known in enumerate(self._words):
            for gram in _grams(known.folded):
                self._by_grams[gram].append(place)

    def starting(self, prefix: str, n: int) -> list[Word]:
        """The most frequent words that begin so, one per stem."""
        start = folded(prefix)
        first = bisect_left(self._folded, start)
        last = bisect_left(self._folded, start + "\uffff")
        found: dict[str, Word] = {}
        for word in sorted(self._words[first:last], key=lambda w: (-w.uses, w.folded)):
            found.setdefault(stem(word.folded), word)
            if len(found) == n:
                break
        return list(found.values())

    def nearest(self, word: str) -> Word | None:
        """The word that was probably meant, one or two slips of the finger away."""
        wanted = folded(word)
        if len(wanted) < SHORTEST or wanted.isdigit():
            return None
        allowed = 1 if len(wanted) < 8 else 2
        shared = Counter(place for gram in _grams(wanted) for place in self._by_grams[gram])
        near = []
        for place, _count in shared.most_common(60):
            candidate = self._words[place]
            slips = distance(wanted, candidate.folded, allowed)
            if slips <= allowed:
                near.append((slips, -candidate.uses, candidate))
        return min(near)[2] if near else None


def distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours; `most` + 1 where more.

    Optimal string alignment (Damerau, CACM 1964).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row, older = row, [i], before
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before = last
    return min(row[-1], most + 1)


def _grams(word: str) -> set[str]:
    framed = f"^{word}$"
    return {framed[i : i + 2] for i in range(len(framed) - 1)}
