"""Ideas like this one: candidates by words and by meaning, then the one scorer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from prepared import PreparedObjects
from search.calibration import scorer
from search.embedding import Vectors, dequantise, embedding_text
from search.engines.base import PUBLIC, Engine, Scope
from search.find import answered
from search.meaning import current_embedder, direction, vector_of
from search.models import Document
from search.similarity import (
    Profile,
    Statistics,
    band,
    features,
    fused,
    highest,
    probabilities,
    profile,
    why,
)
from search.text import terms

# Candidates of each kind, and of both together: each is read and scored. Scoring only the 40 that
# stand highest in both lists lost one of 52 known duplicates among 45,450 ideas.
CANDIDATES = 30
SCORED = 60
# A text of fewer telling words has no meaning to compare yet.
MEANT = 3
PROFILES = 2000
# What a comparison asks of a document.
_COMPARED = PreparedObjects(
    lambda _about, keys: (
        Document.objects.present()
        .filter(key__in=keys)
        .only("title", "body", "theme", "vector", "vector_model", "text_hash")
    )
)
_profiles: dict[tuple[str, str, str, int], Profile] = {}


@dataclass(frozen=True)
class Match:
    """`band`: "certain", "propose", "warn" or "weak"; `shared_terms` are stems.

    `features` are those of `search.similarity.FEATURES`, `text_hash` that of the text compared.
    """

    key: str
    probability: float
    band: str
    shared_terms: list[str]
    by_meaning: bool
    features: tuple[float, ...] = ()
    text_hash: str = ""


@dataclass(frozen=True)
class Sought:
    """A text whose like is looked for."""

    title: str
    body: str
    theme: str
    vector: Vectors | None

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.body}"


def similar(
    title: str,
    body: str,
    *,
    theme: str = "",
    exclude: Collection[str] = (),
    scope: Scope = PUBLIC,
    n: int = 5,
) -> list[Match]:
    """The ideas most like a text that is being typed, likeliest first."""
    said = embedding_text(title, body)
    vector = vector_of(said) if len(set(terms(said))) >= MEANT else None
    return _matches(Sought(title, body, theme, vector), exclude, scope, n)


def similar_to(key: str, *, scope: Scope = PUBLIC, n: int = 5) -> list[Match]:
    """The ideas most like a stored one; nothing for a key that is not there."""
    document = Document.objects.present().filter(key=key).first()
    return like(document, scope=scope, n=n) if document else []


def like(document: Document, *, scope: Scope, n: int, least: float = 0.0) -> list[Match]:
    """The ideas most like this one that are at least so likely the same."""
    sought = Sought(document.title, document.body, document.theme, _vector(document))
    return _matches(sought, {document.key}, scope, n, least)


def _matches(
    sought: Sought, exclude: Collection[str], scope: Scope, n: int, least: float = 0.0
) -> list[Match]:
    found, _degraded = answered(lambda by: ranked(sought, scope, n, by, exclude, least))
    return found


def ranked(
    sought: Sought,
    scope: Scope,
    n: int,
    engine: Engine,
    exclude: Collection[str] = (),
    least: float = 0.0,
) -> list[Match]:
    """The engine's candidates that are at least so likely the same, likeliest first."""
    keys, known = _candidates(sought, scope, exclude, engine)
    if least and sought.vector is not None:
        keys = _possible(keys, sought.vector, known, least)
    found = _COMPARED.all(0, keys) if keys else []
    if not found:
        return []
    one = profile(sought.text, known, sought.vector, sought.theme)
    others = [_profile(document, known) for document in found]
    likely = probabilities(one, others, scorer())
    best = [i for i in np.argsort(-likely, kind="stable")[:n] if likely[i] >= least]
    return [_match(found[i], float(likely[i]), one, others[i]) for i in best]


def _candidates(
    sought: Sought, scope: Scope, exclude: Collection[str], engine: Engine
) -> tuple[list[str], Statistics]:
    known = engine.statistics()
    towards = None if sought.vector is None else direction(sought.vector, known.mean)
    alike, near = engine.candidates(sought.text, towards, scope, CANDIDATES)
    merged = fused([[hit.key for hit in alike], [hit.key for hit in near]])
    keys = [key for key, _score in merged if key not in exclude]
    return keys[:SCORED], known


def _possible(keys: Sequence[str], vector: Vectors, known: Statistics, least: float) -> list[str]:
    """The keys that are not too far in meaning to be so likely: most need not even be read."""
    # By key alone: with the model's name, SQLite would rather walk through its whole index.
    rows = Document.objects.filter(key__in=keys).values_list("key", "vector", "vector_model")
    model = current_embedder().name
    stored = {key: bytes(vector) for key, vector, made_by in rows if vector and made_by == model}
    if not stored:
        return list(keys)
    others = np.array([np.frombuffer(vector, np.int8) for vector in stored.values()])
    meaning = direction(dequantise(others), known.mean) @ direction(vector, known.mean)
    likely = dict(zip(stored, highest(scorer(), meaning), strict=True))
    return [key for key in keys if likely.get(key, 1) >= least]


def _match(document: Document, probability: float, one: Profile, other: Profile) -> Match:
    reasons = {reason.kind: reason for reason in why(one, other)}
    shared: Sequence[str] = reasons["shared-terms"].words if "shared-terms" in reasons else ()
    return Match(
        document.key,
        probability,
        band(probability, scorer()),
        list(shared),
        "meaning" in reasons,
        tuple(float(value) for value in features(one, [other])[0]),
        document.text_hash,
    )


def _profile(document: Document, known: Statistics) -> Profile:
    """Kept while the corpus stays about as large: the same candidates come again and again."""
    growth = round(10 * log(known.documents + 1))
    name = (document.text_hash, document.vector_model, document.theme, growth)
    if (made := _profiles.get(name)) is None:
        text = f"{document.title}\n{document.body}"
        made = profile(text, known, _vector(document), document.theme)
        if len(_profiles) >= PROFILES:
            _profiles.clear()
        _profiles[name] = made
    return made


def _vector(document: Document) -> Vectors | None:
    if not document.vector or document.vector_model != current_embedder().name:
        return None
    return dequantise(bytes(document.vector))
