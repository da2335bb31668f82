"""Ways to compare texts, side by side on labelled sets: words, characters, BM25, e5, and ours.

The first four are the plain methods that ours has to beat, with nothing of ours in them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from search.e5.space import stored_space
from search.embedding import Embedder, Vectors, dequantise, embedding_text, seen
from search.evaluation import (
    Floats,
    Ranking,
    average_precision,
    best_f1,
    bootstrap,
    ndcg_at,
    recall_at,
    recall_at_precision,
    reciprocal_rank,
    spearman,
)
from search.labelled import Pairs, Queries
from search.similarity import (
    BANDS,
    Profile,
    Weights,
    fused,
    probabilities,
    profile,
    statistics,
    weights,
)
from search.text import terms, text_hash

# So many imagined documents stand in the middle before the first real one comes.
_PRIOR = 200
# Of each kind, so many candidates are scored.
CANDIDATES = 50
# Results looked at; what comes later is not found.
SHOWN = 50
_PLAIN_WORD = re.compile(r"\w\w+")
Numbers = NDArray[np.intp]


class Method(Protocol):
    """Learns from a corpus, then scores pairs and finds texts of that corpus."""

    def learn(self, corpus: Sequence[str]) -> Self: ...

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        """How alike each pair is, the higher the more."""

    def search(self, query: str, n: int) -> Numbers:
        """Numbers of the ``n`` texts of the corpus most like the query, best first."""


class Tfidf:
    """Cosine of TF-IDF vectors: of words, or of characters within words (3 to 5)."""

    def __init__(self, analyzer: str) -> None:
        span = (1, 1) if analyzer == "word" else (3, 5)
        self._vectors = TfidfVectorizer(analyzer=analyzer, ngram_range=span, dtype=np.float32)

    def learn(self, corpus: Sequence[str]) -> Self:
        self._corpus = self._vectors.fit_transform(corpus).T.tocsr()
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        a, b = self._vectors.transform(ones), self._vectors.transform(others)
        return np.asarray(a.multiply(b).sum(axis=1), np.float64).ravel()

    def search(self, query: str, n: int) -> Numbers:
        return _best((self._vectors.transform([query]) @ self._corpus).toarray()[0], n)


class BM25:
    """Okapi BM25, k1 = 1.2, b = 0.75, Lucene's frequencies; over plain lower-case words."""

    def __init__(self, words: Callable[[str], list[str]] | None = None) -> None:
        """``words`` cuts a text another way."""
        self._k1, self._b = 1.2, 0.75
        self._counts = CountVectorizer(analyzer=words or _plain_words, dtype=np.float32)

    def learn(self, corpus: Sequence[str]) -> Self:
        counts = self._counts.fit_transform(corpus)
        self._mean_length = max(float(counts.sum()) / max(len(corpus), 1), 1e-9)
        held = np.bincount(counts.indices, minlength=counts.shape[1])
        self._rarity = np.log(1 + (len(corpus) - held + 0.5) / (held + 0.5)).astype(np.float32)
        self._corpus = self._weighted(counts).T.tocsr()
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        asked = self._counts.transform(ones)
        answers = self._weighted(self._counts.transform(others))
        return np.asarray(asked.multiply(answers).sum(axis=1), np.float64).ravel()

    def search(self, query: str, n: int) -> Numbers:
        return _best((self._counts.transform([query]) @ self._corpus).toarray()[0], n)

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        floor = self._k1 * (1 - self._b + self._b * lengths / self._mean_length)
        weighted = counts.copy()
        per_row = np.repeat(floor, np.diff(counts.indptr))
        weighted.data = counts.data * (self._k1 + 1) / (counts.data + per_row)
        weighted.data *= self._rarity[counts.indices]
        return weighted


class Raw:
    """Vectors of the first sentences of each text, as the model makes them."""

    def __init__(self, by: Embedder) -> None:
        self._by = by

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._by.embed([embedding_text("", text) for text in texts])


class Seen(Raw):
    """The same, as the product sees them; `known` are vectors that documents have already."""

    def __init__(self, by: Embedder, known: Mapping[str, bytes] | None = None) -> None:
        super().__init__(by)
        self._known = known or {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        said = [embedding_text("", text) for text in texts]
        stored = [self._known.get(text_hash(text)) for text in said]
        missing = [text for text, vector in zip(said, stored, strict=True) if vector is None]
        made = iter(seen(missing, super().embed(missing)) if missing else ())
        rows = [next(made) if vector is None else dequantise(vector) for vector in stored]
        return np.array(rows, np.float32).reshape(len(texts), -1)


class Nearest:
    """Cosine of the embedder's vectors as they come."""

    def __init__(self, by: Raw) -> None:
        self._by = by

    def learn(self, corpus: Sequence[str]) -> Self:
        self._corpus: Vectors = self._by.embed(corpus)
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        return np.asarray((self._by.embed(ones) * self._by.embed(others)).sum(axis=1), np.float64)

    def search(self, query: str, n: int) -> Numbers:
        return _best(self._corpus @ self._by.embed([query])[0], n)


class Fused:
    """Ours: candidates by words and by meaning, then the one scorer, as the engines do it."""

    def __init__(
        self, by: Raw, scorer: Weights | None = None, candidates: int = CANDIDATES
    ) -> None:
        """`scorer` is another fit than the shipped one."""
        self._by, self.scorer, self._candidates = by, scorer or weights(), candidates

    def learn(self, corpus: Sequence[str]) -> Self:
        self._corpus, vectors = corpus, self._by.embed(corpus)
        # The middle of few documents is drawn towards that of ordinary texts.
        usual = stored_space().middle * _PRIOR
        self._middle = (vectors.sum(axis=0) + usual) / (len(corpus) + _PRIOR)
        self._directions = _unit(vectors - self._middle)
        self._known = replace(statistics(corpus), mean=self._middle)
        self._words = BM25(terms).learn(corpus)
        return self

    def between(self, ones: Sequence[str], others: Sequence[str]) -> Floats:
        sides = self.profiles(ones), self.profiles(others)
        by = self.scorer
        return np.array([probabilities(a, [b], by)[0] for a, b in zip(*sides, strict=True)])

    def search(self, query: str, n: int) -> Numbers:
        (asked,) = self.profiles([query])
        found = self.candidates(query)
        others = self.profiles([self._corpus[i] for i in found])
        likely = probabilities(asked, others, self.scorer)
        return found[np.argsort(-likely, kind="stable")][:n]

    def candidates(self, query: str) -> Numbers:
        """What has the words or is near in meaning."""
        return np.union1d(*self.lists(query))

    def lists(self, query: str) -> tuple[Numbers, Numbers]:
        """What has the words, and what is near in meaning, each best first."""
        towards = _unit(self._by.embed([query]) - self._middle)[0]
        by_words = self._words.search(query, self._candidates)
        return by_words, _best(self._directions @ towards, self._candidates)

    def profiles(self, texts: Sequence[str]) -> list[Profile]:
        vectors = self._by.embed(texts)
        return [profile(t, self._known, v) for t, v in zip(texts, vectors, strict=True)]


class RankFusion(Fused):
    """The candidates in the order of their reciprocal ranks, not scored. Scores no pairs."""

    def search(self, query: str, n: int) -> Numbers:
        lists = [found.tolist() for found in self.lists(query)]
        return np.array([number for number, _score in fused(lists)], np.intp)[:n]


def methods(raw: Raw, seen_: Raw, calibrated: Weights | None = None) -> dict[str, Method]:
    """The methods compared, by name; the first four have nothing of ours in them."""
    compared: dict[str, Method] = {
        "tfidf-words": Tfidf("word"),
        "tfidf-chars": Tfidf("char_wb"),
        "bm25": BM25(),
        "e5": Nearest(raw),
        "bm25 of stems": BM25(terms),
        "e5 seen": Nearest(seen_),
        "rank fusion": RankFusion(seen_),
        "fused": Fused(seen_),
    }
    return compared | ({"calibrated": Fused(seen_, calibrated)} if calibrated else {})


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)


def _best(scores: NDArray[np.float32], n: int) -> Numbers:
    n = min(n, len(scores))
    top = np.argpartition(-scores, n - 1)[:n] if n < len(scores) else np.arange(len(scores))
    return top[np.argsort(-scores[top], kind="stable")]


def _plain_words(text: str) -> list[str]:
    return _PLAIN_WORD.findall(text.lower())


class Row(NamedTuple):
    """One measured number, as ``--json`` prints it."""

    set: str
    method: str
    measure: str
    value: float
    low: float
    high: float
    n: int


def compare_pairs(pairs: Pairs, by: Mapping[str, Method]) -> Iterator[Row]:
    """Every method's scores of the pairs against people's; learnt from the pairs' own texts."""
    texts = list(dict.fromkeys((*pairs.ones, *pairs.others)))
    for name, method in by.items():
        if not isinstance(method, RankFusion):
            scores = method.learn(texts).between(pairs.ones, pairs.others)
            levels = method.scorer.bands if isinstance(method, Fused) else ()
            yield from _of_scores(pairs, name, scores, levels)


def compare_queries(queries: Queries, by: Mapping[str, Method]) -> Iterator[Row]:
    """Every method's first results for the queries."""
    for name, method in by.items():
        method.learn(queries.corpus)
        rankings = [_ranking(queries, i, method) for i in range(len(queries.asked))]
        for measure, of in _RANKED.items():
            values = np.array([of(ranking) for ranking in rankings])
            found = bootstrap(partial(_mean_of, values), len(values))
            yield Row(queries.name, name, measure, *found, len(values))


def _mean_of(values: Floats, rows: Numbers) -> float:
    return float(values[rows].mean())


_RANKED: dict[str, Callable[[Ranking], float]] = {
    "recall@1": lambda ranking: recall_at(ranking, 1),
    "recall@5": lambda ranking: recall_at(ranking, 5),
    "recall@10": lambda ranking: recall_at(ranking, 10),
    "MRR": reciprocal_rank,
    "nDCG@10": ndcg_at,
}


def _of_scores(pairs: Pairs, method: str, scores: Floats, levels: Sequence[float]) -> Iterator[Row]:
    same, labels = np.array(pairs.same), np.array(pairs.labels)
    measures: dict[str, Callable[[Numbers], float]] = {
        "average precision": lambda rows: average_precision(same[rows], scores[rows]),
        "best F1": lambda rows: best_f1(same[rows], scores[rows])[0],
        "threshold of best F1": lambda rows: best_f1(same[rows], scores[rows])[1],
        "recall at precision 0.9": lambda rows: recall_at_precision(same[rows], scores[rows]),
    }
    if pairs.graded:
        measures["Spearman"] = lambda rows: spearman(labels[rows], scores[rows])
    for band, level in zip(BANDS, levels, strict=False):
        at = partial(_at, same, scores >= level)
        measures[f"precision at {band}"] = lambda rows, at=at: at(rows).precision  # type: ignore[misc]
        measures[f"recall at {band}"] = lambda rows, at=at: at(rows).recall  # type: ignore[misc]
    for measure, of in measures.items():
        yield Row(pairs.name, method, measure, *bootstrap(of, len(labels)), len(labels))


class Flagged(NamedTuple):
    """Of what is flagged, the share that is right; of what is right, the share that is flagged."""

    precision: float
    recall: float


def _at(same: NDArray[np.bool_], flagged: NDArray[np.bool_], rows: Numbers) -> Flagged:
    right = int((same & flagged)[rows].sum())
    return Flagged(right / max(int(flagged[rows].sum()), 1), right / max(int(same[rows].sum()), 1))


def _ranking(queries: Queries, i: int, method: Method) -> Ranking:
    """The first results; other known answers of a query, and itself, are no mistakes."""
    left_out = queries.left_out[i]
    found = method.search(queries.asked[i], SHOWN + len(left_out))
    shown = [number for number in found.tolist() if number not in left_out][:SHOWN]
    relevant = queries.relevant[i]
    return Ranking([float(number in relevant) for number in shown], len(relevant))
