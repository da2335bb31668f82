"""The embedded engine: the documents' table itself, mirrored in the memory of each process.

Nothing has to be told to it, so nothing can be lost on the way; and it answers alike over SQLite
and PostgreSQL. docs/decisions/0002-embedded-engine.md says why, with figures.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search import synonyms
from search.analysis import ANALYSIS, code, packed
from search.embedding import Vectors
from search.engines.base import ENOUGH, TELLING, Ask, Enough, Hit, Page, Place, Scope, Told, Wording
from search.engines.columns import Mask
from search.engines.mirror import Contents, Mirror
from search.engines.words import Words
from search.meaning import current_embedder
from search.models import Document
from search.similarity import Statistics
from search.text import folded, stem, telling_terms, terms, tokens

# From so many documents on, the vocabulary is made in a thread of its own.
LARGE = 5000


class DatabaseEngine:
    reads_table = True

    def __init__(self) -> None:
        self._mirror = Mirror(current_embedder().name)
        self._words = Words()
        self._words_size = 0
        self._words_lock = threading.Lock()

    def forget(self) -> None:
        """Read everything anew: after the tables were emptied or restored."""
        self._mirror.reset()
        self._words_size = 0

    # --- Being told: a commit is enough ---------------------------------------------------

    complete = True

    def recovered(self) -> bool:
        return True

    def tell(self, documents: Sequence[Document]) -> Told:
        return Told(frozenset(document.key for document in documents))

    def forget_keys(self, keys: Sequence[str]) -> None:
        """They are not in the table: the next look at it forgets them."""

    def held(self) -> Iterator[tuple[str, int]]:
        contents = self._mirror.contents()
        versions = contents.columns.versions.view()
        yield from ((key, int(versions[row])) for key, row in list(contents.rows.items()))

    def rebuild(self) -> Iterator[tuple[int, int]]:
        """Analyse again what an older analysis has written."""
        stale = Document.objects.unanalysed()
        total = stale.count()
        done = 0
        yield done, total
        while batch := list(stale.only("title", "body", "text_hash")[:500]):
            for row in batch:
                # Only while its text is still this one: a newer text has a newer analysis.
                Document.objects.filter(key=row.key, text_hash=row.text_hash).update(
                    terms=packed(row.title, row.body), analysis=ANALYSIS
                )
            done += len(batch)
            yield done, total
        self.forget()

    def healthy(self) -> bool:
        connection.ensure_connection()
        return True

    # --- Answering ------------------------------------------------------------------------

    def lexical(self, ask: Ask) -> Page:
        contents = self._mirror.contents()
        size = contents.size
        mask, asked = contents.columns.within(ask.scope, size)
        if ask.only is not None:
            mask &= _rows_of(ask.only, contents, size)
        score = np.zeros(size, np.float32)
        page: dict[str, Any] = {}
        if ask.wording:
            found = _Found(self, contents, ask)
            score, page = found.score, found.page
            mask &= found.mask | _rows_of(ask.also, contents, size)
        facets = contents.columns.counts(mask, asked)
        for has in asked.values():
            mask &= has
        if ask.order == "relevance":
            values: NDArray[np.float64] = score.astype(np.float64)
        else:
            values = contents.columns.order(ask.order, ask.seed, size)
        hits = _page(contents, mask, values, ask)
        following = hits[ask.size - 1].place if len(hits) > ask.size else ""
        counted = _rows_of(ask.also, contents, size) & mask
        also = [key for key in ask.also if key in contents.rows and counted[contents.rows[key]]]
        total = int(np.count_nonzero(mask))
        return Page(hits[: ask.size], total, facets, following, also, **page)

    def hybrid(self, ask: Ask, towards: Vectors | None, n: int, enough: Enough) -> Page:
        anywhere = replace(ask.scope, filters={})
        near = [] if towards is None else enough(self.nearest(towards, anywhere, n))
        return self.lexical(replace(ask, also=near, order="relevance"))

    def nearest(self, towards: Vectors, scope: Scope, n: int) -> list[Hit]:
        contents = self._mirror.contents()
        mask, asked = contents.columns.within(scope, contents.size)
        for has in asked.values():
            mask &= has
        keys = contents.columns.keys
        near = contents.nearness.nearest(towards, mask, n)
        return [Hit(keys[row], cosine) for row, cosine in near]

    def alike(self, text: str, scope: Scope, n: int) -> list[Hit]:
        contents = self._mirror.contents()
        frequencies = _Frequencies(contents)
        words = telling_terms(terms(text), frequencies, len(contents.rows), TELLING)
        mask, asked = contents.columns.within(scope, contents.size)
        for has in asked.values():
            mask &= has
        score, _count = contents.postings.scores([[code(word)] for word in words], contents.size)
        rows = _highest(np.where(mask, score, 0), n)
        keys = contents.columns.keys
        return [Hit(keys[row], float(score[row])) for row in rows if score[row] > 0 and mask[row]]

    def candidates(
        self, text: str, towards: Vectors | None, scope: Scope, n: int
    ) -> tuple[list[Hit], list[Hit]]:
        near = [] if towards is None else self.nearest(towards, scope, n)
        return self.alike(text, scope, n), near

    def suggest(self, prefix: str, n: int, scope: Scope) -> list[str]:
        contents = self._mirror.contents()
        *whole, last = prefix.split() or [""]
        if len(folded(last)) < 2:
            return []
        words = self.words(contents.size)
        completions = words.starting(last.split("'")[-1].split("’")[-1], 8)
        if not completions:
            corrected = words.nearest(last)
            completions = [corrected] if corrected else []
        groups = [[code(term)] for term in terms(" ".join(whole))]
        groups.append([code(stem(word.folded)) for word in completions])
        score, count = contents.postings.scores(groups, contents.size)
        mask, _asked = contents.columns.within(scope, contents.size)
        mask &= count == len(groups)
        support = contents.columns.order("rising", "", contents.size)
        best = np.lexsort((support, score))[::-1]
        rows = list(islice((int(row) for row in best if mask[row]), n))
        keys = [contents.columns.keys[row] for row in rows]
        titles = dict(Document.objects.filter(key__in=keys).values_list("key", "title"))
        found = [" ".join([*whole, word.written]) for word in completions[:2]] if not whole else []
        found += [titles[key] for key in keys if key in titles]
        return list(dict.fromkeys(found))[:n]

    def statistics(self) -> Statistics:
        contents = self._mirror.contents()
        seen_from = contents.nearness.middle()
        return Statistics(len(contents.rows), _Frequencies(contents), seen_from)

    def words(self, size: int) -> Words:
        """The vocabulary of the titles, and of as many texts as are read in a moment.

        It is made anew when the corpus, now of that size, has grown by a fiftieth; beside the
        questions where that takes more than a moment.
        """
        grown = abs(size - self._words_size) > self._words_size // 50
        if grown and self._words_lock.acquire(blocking=False):
            if size < LARGE:
                self._learn_words(size)
            else:
                threading.Thread(target=self._learn_words, args=[size, True], daemon=True).start()
        return self._words

    def _learn_words(self, size: int, close: bool = False) -> None:
        try:
            visible = Document.objects.present().filter(public=True)
            titles, bodies = (visible.values_list(f, flat=True) for f in ("title", "body"))
            self._words = Words([*titles, *(body[:1000] for body in bodies[:5000])])
            self._words_size = size
        finally:
            self._words_lock.release()
            if close:
                connection.close()


class _Found:
    """The rows that have a wording, and how well."""

    def __init__(self, by: DatabaseEngine, contents: Contents, ask: Ask) -> None:
        self._by, self._contents, self._size = by, contents, contents.size
        wording, correction = self._corrected(ask.wording)
        groups = synonyms.expanded(wording.words)
        phrases = [list(map(code, found)) for text in wording.phrases if (found := terms(text))]
        unwanted = [code(term) for text in wording.without for term in terms(text)]
        self.score = np.zeros(self._size, np.float32)
        count = np.zeros(self._size, np.uint8)
        for group in dict.fromkeys(groups):
            best = self._best(group)
            self.score += best
            count += best > 0
        groups = list(dict.fromkeys(groups))
        enough = len(groups) if len(groups) <= 2 else math.ceil(ENOUGH * len(groups))
        relaxed = ask.relaxed or (len(groups) > 1 and not bool((count >= enough).any()))
        self.mask: Mask = count >= (min(1, enough) if relaxed else enough)
        if not (groups or phrases or unwanted):
            # Nothing but words that everybody uses: only meaning can tell.
            self.mask[:] = False
        for phrase in phrases:
            self._require(phrase)
        self.mask &= ~contents.postings.matches(unwanted, self._size)
        said = [text for group in groups for text in group]
        shown = frozenset(term for text in (*said, *wording.phrases) for term in terms(text))
        self.page = {"terms": shown, "correction": correction, "relaxed": relaxed}

    def _best(self, group: synonyms.Group) -> NDArray[np.float32]:
        """How well each row says it in the way that it says best: as typed, or as a synonym."""
        typed, *others = group
        best = self._all_of(list(map(code, terms(typed))))
        for other in others:
            codes = list(map(code, terms(other)))
            score = self._all_of(codes)
            if len(codes) > 1:
                rows = np.flatnonzero(score).tolist()
                stands = self._contents.postings.having_phrase(codes, rows)
                kept = np.zeros_like(score)
                kept[stands] = score[stands]
                score = kept
            np.maximum(best, score, out=best)
        return best

    def _all_of(self, codes: Sequence[int]) -> NDArray[np.float32]:
        words = set(codes)
        score, count = self._contents.postings.scores([[word] for word in words], self._size)
        return np.where(count >= len(words), score, np.float32(0))

    def _require(self, phrase: Sequence[int]) -> None:
        score, count = self._contents.postings.scores([[w] for w in set(phrase)], self._size)
        rows = np.flatnonzero(self.mask & (count >= len(set(phrase))))
        self.mask[:] = False
        self.mask[self._contents.postings.having_phrase(phrase, rows.tolist())] = True
        self.score += score

    def _corrected(self, wording: Wording) -> tuple[Wording, str]:
        """The wording with the nearest known word in place of each that no document has."""
        frequencies = _Frequencies(self._contents)
        same = synonyms.with_others(wording.words)
        unknown = [
            t for t in tokens(wording.words) if not frequencies.get(t.term) and t.term not in same
        ]
        words = wording.words
        for token in reversed(unknown):
            meant = self._by.words(self._size).nearest(words[token.start : token.end])
            if meant and frequencies.get(stem(meant.folded)):
                words = words[: token.start] + meant.written + words[token.end :]
        if words == wording.words:
            return wording, ""
        return Wording(words, wording.phrases, wording.without), words


class _Frequencies(Mapping[str, int]):
    """How many documents hold each term, looked up as asked for."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def __getitem__(self, term: str) -> int:
        return self._contents.postings.frequency(code(term))

    def get(self, term: str, default: Any = 0) -> Any:
        return self[term] or default

    def __iter__(self) -> Iterator[str]:
        raise TypeError("terms are kept as codes")

    def __len__(self) -> int:
        return len(self._contents.rows)


def _rows_of(keys: Any, contents: Contents, size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    rows = [row for key in keys if (row := contents.rows.get(key)) is not None and row < size]
    mask[rows] = True
    return mask


def _highest(values: NDArray[Any], n: int) -> NDArray[np.int64]:
    """The places of the n highest values, highest first."""
    if len(values) <= n:
        return np.argsort(-values, kind="stable")
    places = np.argpartition(values, -n)[-n:]
    return np.asarray(places[np.argsort(-values[places], kind="stable")], np.int64)


def _page(contents: Contents, mask: Mask, values: NDArray[np.float64], ask: Ask) -> list[Hit]:
    """The rows after the cursor, highest value first; the key's own number parts equals."""
    ties = contents.columns.ties.view()[: len(mask)]
    if after := Place.read(ask.after):
        later = (values == after.value) & (ties < after.tie)
        mask = mask & ((values < after.value) | later)
    rows = np.flatnonzero(mask)
    if len(rows) > ask.size + 1:
        rows = _first(rows, values, ties, ask.size + 1)
    rows = rows[np.lexsort((ties[rows], values[rows]))[::-1]]
    keys = contents.columns.keys
    return [
        Hit(keys[row], float(values[row]), str(Place(float(values[row]), int(ties[row]))))
        for row in rows
    ]


def _first(
    rows: NDArray[np.int64], values: NDArray[np.float64], ties: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """The n first of many rows, in no order: quicker than ordering all of them."""
    least = np.partition(values[rows], -n)[-n]
    above, equal = rows[values[rows] > least], rows[values[rows] == least]
    room = n - len(above)
    if len(equal) > room:
        equal = equal[np.argpartition(ties[equal], -room)[-room:]]
    return np.concatenate([above, equal])
