"""How alike two ideas are: candidates fused, then one scorer over a few features.

Pure: texts, numbers and what the corpus says of its words (``Statistics``) are handed in.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import log, log1p, sqrt
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from search.embedding import Vectors
from search.text import folded, inverse_frequency, tokens

Key = TypeVar("Key", bound=Hashable)
FEATURES = ("meaning", "words", "characters", "contained", "theme")
BANDS = ("certain", "propose", "warn")
# Where ideas stand whose theme nobody has chosen: it says nothing of them.
UNSORTED = "unsorted"
_STORED = Path(__file__).parent / "data" / "similarity.json"


@dataclass(frozen=True)
class Statistics:
    """What the corpus says: how many documents hold each term, and the mean of their vectors."""

    documents: int = 0
    frequencies: Mapping[str, int] = field(default_factory=dict)
    mean: Vectors | None = None

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a term."""
        return inverse_frequency(self.frequencies.get(term, 0), self.documents)


@dataclass(frozen=True, slots=True)
class Profile:
    """A text made ready to be compared; its three vectors have length one.

    ``rarity`` is the inverse document frequency of each of its terms.
    """

    words: dict[str, float]
    characters: dict[str, float]
    rarity: dict[str, float]
    vector: Vectors | None
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two ideas are alike: ``shared-terms``, ``meaning``, ``spelling`` or ``theme``.

    ``strength`` is between 0 and 1; ``words`` are the shared terms (stems), most telling first.
    """

    kind: str
    strength: float
    words: tuple[str, ...] = ()


def statistics(texts: Iterable[str], vectors: Vectors | None = None) -> Statistics:
    """Statistics of a whole corpus at once; engines keep theirs up to date instead."""
    frequencies: Counter[str] = Counter()
    documents = 0
    for text in texts:
        frequencies.update({token.term for token in tokens(text)})
        documents += 1
    mean = vectors.mean(axis=0) if vectors is not None and len(vectors) else None
    return Statistics(documents, frequencies, mean)


def profile(
    text: str, known: Statistics, vector: Vectors | None = None, theme: str = ""
) -> Profile:
    """The text as the scorer sees it.

    Words weigh by TF-IDF with a damped count (1 + ln tf). Characters are the threes and fours
    within words, each as telling as the square root of its word.
    """
    counts, spelt = _analysed(text)
    rarity = {term: known.rarity(term) for term in counts}
    grams: dict[str, float] = {}
    for term, word_grams in spelt:
        weight = sqrt(rarity[term])
        for gram in word_grams:
            grams[gram] = grams.get(gram, 0.0) + weight
    words = {term: rarity[term] * (1 + log(count)) for term, count in counts.items()}
    characters = {gram: log1p(weight) for gram, weight in grams.items()}
    centred = _centred(vector, known.mean) if vector is not None and len(vector) else None
    return Profile(_unit(words), _unit(characters), rarity, centred, theme)


def features(one: Profile, others: Sequence[Profile]) -> NDArray[np.float64]:
    """One row of ``FEATURES`` for each of ``others``, shape (n, 5).

    Three cosines; how far the shorter text is contained in the longer (see ``_contained``); and
    whether both themes are known and the same (1), or differ (-1), or not (0).
    """
    rows = [
        (
            _meaning(one, other),
            _dot(one.words, other.words),
            _dot(one.characters, other.characters),
            _contained(one, other),
            same_theme(one.theme, other.theme),
        )
        for other in others
    ]
    return np.array(rows, np.float64).reshape(len(others), len(FEATURES))


def same_theme(one: str, other: str) -> float:
    """Of the slugs of two themes: 1 the same, -1 others, 0 where one is not known."""
    if not one or not other or UNSORTED in {one, other}:
        return 0.0
    return 1.0 if one == other else -1.0


def probabilities(
    one: Profile, others: Sequence[Profile], by: "Weights | None" = None
) -> NDArray[np.float64]:
    """How likely each of ``others`` is the same idea as ``one``, between 0 and 1.

    Where one of the two has no vector yet, words and characters decide alone.
    """
    compared = [one.vector is not None and other.vector is not None for other in others]
    return (by or weights()).probabilities(features(one, others), np.array(compared, bool))


def band(probability: float, by: "Weights | None" = None) -> str:
    """``certain``, ``propose``, ``warn`` or ``weak``, by the thresholds of these weights."""
    levels = zip(BANDS, (by or weights()).bands, strict=True)
    return next((name for name, least in levels if probability >= least), "weak")


def why(one: Profile, other: Profile, most: int = 6) -> list[Reason]:
    """The reasons the interface words, strongest first; empty where nothing is alike."""
    shared = sorted(
        one.words.keys() & other.words.keys(),
        key=lambda term: (-one.words[term] * other.words[term], term),
    )
    meaning, words, characters, _, theme = features(one, [other])[0]
    found = [
        Reason("meaning", max(float(meaning), 0.0)),
        Reason("shared-terms", float(words), tuple(shared[:most])),
        Reason("spelling", float(characters) if not shared else 0.0),
        Reason("theme", max(float(theme), 0.0)),
    ]
    worth = weights().worth
    return sorted(
        (reason for reason in found if reason.strength >= worth[reason.kind]),
        key=lambda reason: -reason.strength,
    )


def fused(
    lists: Sequence[Sequence[Key]], weights: Sequence[float] = (), constant: int = 60
) -> list[tuple[Key, float]]:
    """Reciprocal rank fusion of ranked lists: sum of weight / (constant + rank), best first.

    Source: Cormack, Clarke and Büttcher, SIGIR 2009. Ranks count from 1.
    """
    scores: dict[Key, float] = {}
    for ranked, weight in zip(lists, weights or [1.0] * len(lists), strict=True):
        for rank, key in enumerate(ranked, 1):
            scores[key] = scores.get(key, 0.0) + weight / (constant + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])


@dataclass(frozen=True)
class Weights:
    """A fit: logistic regressions with and without vectors, and the thresholds of the bands.

    ``name`` tells fits apart: probabilities of two fits are not compared.
    """

    name: str
    with_meaning: NDArray[np.float64]
    without: NDArray[np.float64]
    bands: tuple[float, ...]
    worth: Mapping[str, float]

    @classmethod
    def of(cls, stored: Mapping[str, Any], name: str) -> Self:
        """The fit that ``stored`` holds, in the form of ``data/similarity.json``."""
        with_meaning, without = (
            np.array([stored[kind][weight] for weight in (*FEATURES, "constant")], np.float64)
            for kind in ("with_meaning", "without_meaning")
        )
        bands = tuple(stored["bands"][band] for band in BANDS)
        return cls(name, with_meaning, without, bands, stored["worth"])

    def least(self, band: str) -> float:
        """The lowest probability of a band."""
        return self.bands[BANDS.index(band)]

    def probabilities(
        self, table: NDArray[np.float64], compared: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """One probability a row; `compared`, shape (n,): whether both texts have a vector.

        The last number of each regression is its constant.
        """
        chosen = np.where(compared[:, None], self.with_meaning, self.without)
        scores = (table * chosen[:, :-1]).sum(axis=1) + chosen[:, -1]
        return np.asarray(1 / (1 + np.exp(-scores)), np.float64)


def highest(by: Weights, meaning: NDArray[np.float32]) -> NDArray[np.float64]:
    """The highest probability that texts so near in meaning can have, whatever their words."""
    words = np.maximum(by.with_meaning[1:-1], 0).sum() + by.with_meaning[-1]
    return np.asarray(1 / (1 + np.exp(-(by.with_meaning[0] * meaning + words))), np.float64)


@cache
def shipped() -> Mapping[str, Any]:
    """The numbers of ``data/similarity.json``, which says where they come from."""
    stored: Mapping[str, Any] = json.loads(_STORED.read_text())
    return stored


@cache
def weights() -> Weights:
    """The fit that comes with the product; `search.calibration.scorer` knows of a newer one."""
    return Weights.of(shipped(), f"shipped {shipped()['made']}")


@lru_cache(maxsize=1 << 13)
def _analysed(text: str) -> tuple[Counter[str], list[tuple[str, tuple[str, ...]]]]:
    """How often each term occurs, and the characters of each word: the slow half of a profile."""
    spelt = [(term, _grams(text[start:end])) for term, start, end in tokens(text)]
    return Counter(term for term, _ in spelt), spelt


@lru_cache(maxsize=1 << 15)
def _grams(word: str) -> tuple[str, ...]:
    framed = f" {folded(word)} "
    return tuple(framed[i : i + n] for n in (3, 4) for i in range(len(framed) - n + 1))


def _unit(weights: Mapping[str, float]) -> dict[str, float]:
    length = sqrt(sum(w * w for w in weights.values())) or 1.0
    return {key: w / length for key, w in weights.items()}


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(w * large[key] for key, w in small.items() if key in large)


def _meaning(one: Profile, other: Profile) -> float:
    if one.vector is None or other.vector is None:
        return 0.0
    return float(one.vector @ other.vector)


def _contained(one: Profile, other: Profile) -> float:
    """How much of the lighter text's words the heavier has, the more the more their weights differ.

    Cosines say little of three words against a page; of texts of like weight they say it all, and
    this says nothing. Weight is summed rarity; between 0 and 1.
    """
    weights = sorted((sum(one.rarity.values()), sum(other.rarity.values())))
    if weights[0] <= 0:
        return 0.0
    small, large = sorted((one.rarity, other.rarity), key=len)
    shared = sum(rarity for term, rarity in small.items() if term in large)
    return shared / weights[0] * (1 - weights[0] / weights[1])


def _centred(vector: Vectors, mean: Vectors | None) -> Vectors:
    centred = vector if mean is None else vector - mean
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-12), np.float32)
