"""Searching: words and meaning together, the same way whatever engine answers."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from django.core.cache import cache
from django.core.signing import BadSignature, Signer
from django.db.models import Count

from pieces.memory import Memory, shared
from search import engines, operators
from search.embedding import Vectors
from search.engines.base import (
    ORDERS,
    Ask,
    Engine,
    EngineUnavailable,
    Hit,
    Page,
    RequestRefused,
    Scope,
    Wording,
)
from search.highlight import Highlight, highlighted
from search.meaning import current_embedder, direction, vector_of
from search.models import FACETS, Document
from search.similarity import fused

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Of each list, so many are fused; what has the words but not that well follows, newest first.
HEAD = 100
START = "start"
NEAR = 40
# How near in meaning a document must be to be shown without the words: at all, and beside the
# nearest one.
NEAR_ENOUGH = 0.24
NEAR_SHARE = 0.6
READINESS, READINESS_SECONDS = "search:readiness", 5
AWAY, AWAY_SECONDS = "search:away", 30
# Every page asks both: this process remembers for a moment what all processes know.
_away, _readiness = Memory[bool](1, 1.0), Memory["Readiness"](1, READINESS_SECONDS)


@dataclass(frozen=True)
class Query:
    """`text` may hold "phrases", -words and a reference number; `filters` are slugs by facet.

    `only` leaves nothing but these keys; a reference number is found whatever else is asked for.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    only: Collection[str] | None = None
    order: str = "rising"
    after: str = ""
    size: int = 20
    seed: str = ""
    public: bool = True

    def scope(self) -> Scope:
        unknown = set(self.filters) - set(FACETS)
        if unknown or self.order not in ORDERS:
            raise ValueError(f"unknown filter or order: {', '.join(unknown) or self.order}")
        return Scope({name: tuple(slugs) for name, slugs in self.filters.items()}, self.public)


@dataclass(frozen=True)
class Found:
    """A page of keys; `correction` is what was searched instead of an unknown word.

    `relaxed`: no document has the words, or most of several, so that one of them was enough.
    """

    keys: list[str]
    total: int
    facets: dict[str, dict[str, int]]
    highlights: dict[str, Highlight]
    next: str
    degraded: bool
    by_meaning: bool
    correction: str = ""
    relaxed: bool = False


@dataclass(frozen=True)
class Readiness:
    """How many documents can be found by meaning."""

    total: int
    embedded: int

    @property
    def complete(self) -> bool:
        return self.embedded >= self.total


@dataclass(frozen=True)
class Cursor:
    """Where a list of search results goes on.

    `head` are the best results, fused once and carried along, so that no page repeats or misses
    one while ideas come and go; `done` of them were shown; `after` is where the rest goes on.
    """

    head: tuple[str, ...] = ()
    done: int = 0
    after: str = ""
    relaxed: bool = False
    correction: str = ""
    by_meaning: bool = False

    def packed(self) -> str:
        """Signed: what comes back is what a page has given out."""
        return _signer().sign_object(list(astuple(self)), compress=True)

    @classmethod
    def unpacked(cls, text: str) -> "Cursor | None":
        """None for the first page, and for what no page has given out."""
        try:
            head, *rest = _signer().unsign_object(text)
        except BadSignature:
            return None
        return cls(tuple(head), *rest)


def _signer() -> Signer:
    # Without the hour: the same list has the same address for everybody.
    return Signer(salt="search.find.Cursor/1")


def find(query: Query) -> Found:
    """A page of documents in the order asked for; with a text, those that have it."""
    scope = query.scope()
    if key := operators.reference(query.text):
        ask = Ask(scope=replace(scope, filters={}), only=[key], size=1)
        page, degraded = answered(lambda engine: engine.lexical(ask))
        if page.hits:
            return _found(query, [key], page, degraded=degraded)
    wording = operators.wording(query.text)
    if not wording and query.text.strip():
        return Found([], 0, {name: {} for name in FACETS}, {}, "", False, False)
    if wording and query.order == "relevance":
        return _by_relevance(query, scope, wording)
    order = "rising" if query.order == "relevance" else query.order
    return _in_order(replace(query, order=order), scope, wording)


def _in_order(query: Query, scope: Scope, wording: Wording) -> Found:
    """Later pages ask as the first one did: what it put right or did without, they do too."""
    came = Cursor.unpacked(query.after) if wording else Cursor(after=query.after)
    came = came or Cursor()
    asked = replace(wording, words=came.correction) if came.correction else wording
    ask = Ask(asked, scope, query.order, came.after, query.size, query.seed)
    ask = replace(ask, only=query.only, relaxed=came.relaxed)
    page, degraded = answered(lambda engine: engine.lexical(ask))
    page = replace(page, correction=came.correction or page.correction)
    following = page.next
    if wording and following:
        cursor = Cursor(after=following, relaxed=page.relaxed, correction=page.correction)
        following = cursor.packed()
    return _found(query, [hit.key for hit in page.hits], page, degraded=degraded, next=following)


def _by_relevance(query: Query, scope: Scope, wording: Wording) -> Found:
    came = Cursor.unpacked(query.after)
    if came is None:
        look = partial(_first, query, scope, wording)
    else:
        look = partial(_following, query, scope, wording, came)
    (keys, cursor, page), degraded = answered(look)
    following = cursor.packed() if cursor.done < len(cursor.head) or cursor.after else ""
    return _found(
        query,
        keys,
        replace(page, correction=cursor.correction, relaxed=cursor.relaxed),
        degraded=degraded,
        next=following,
        by_meaning=cursor.by_meaning,
    )


def _first(
    query: Query, scope: Scope, wording: Wording, engine: Engine
) -> tuple[list[str], Cursor, Page]:
    """Words and meaning, fused by reciprocal rank."""
    ask = Ask(wording, scope, "relevance", size=HEAD, only=query.only)
    page = engine.hybrid(ask, _towards(wording, engine), NEAR, _near_enough)
    meant = set(page.also)
    lexical = [hit.key for hit in page.hits if hit.score > 0 or hit.key not in meant]
    ranked = fused([lexical, page.also])
    head = tuple(key for key, _score in ranked)
    keys = list(head[: query.size])
    after = START if page.total > len(head) else ""
    by_meaning = bool(meant)
    return keys, Cursor(head, len(keys), after, page.relaxed, page.correction, by_meaning), page


def _following(
    query: Query, scope: Scope, wording: Wording, cursor: Cursor, engine: Engine
) -> tuple[list[str], Cursor, Page]:
    """What is left of the head, then the rest; those of the head are passed over there."""
    if cursor.correction:
        wording = replace(wording, words=cursor.correction)
    keys = list(cursor.head[cursor.done : cursor.done + query.size])
    done = cursor.done + len(keys)
    room = query.size - len(keys)
    wanted = room + len(cursor.head) + 1 if room and cursor.after else 1
    after = "" if cursor.after == START else cursor.after
    ask = Ask(wording, scope, "new", after, wanted, also=cursor.head, relaxed=cursor.relaxed)
    page = engine.lexical(replace(ask, only=query.only))
    if wanted == 1:
        return keys, replace(cursor, done=done), page
    shown = set(cursor.head)
    rest = [hit for hit in page.hits if hit.key not in shown]
    after = rest[room - 1].place if len(rest) > room else ""
    keys += [hit.key for hit in rest[:room]]
    return keys, replace(cursor, done=done, after=after), page


def _towards(wording: Wording, engine: Engine) -> Vectors | None:
    """What is meant; None where nothing but these words is wanted."""
    if not wording.words or wording.phrases or wording.without:
        return None
    vector = vector_of(wording.words)
    return None if vector is None else direction(vector, engine.statistics().mean)


def _near_enough(hits: Sequence[Hit]) -> list[str]:
    """The keys of those that say it in other words, of the nearest ones, nearest first."""
    least = max(NEAR_ENOUGH, NEAR_SHARE * hits[0].score) if hits else 0
    return [hit.key for hit in hits if hit.score >= least]


def _found(query: Query, keys: list[str], page: Page, **rest: Any) -> Found:
    texts: Mapping[str, tuple[str, str]] = {}
    if query.text and keys:
        rows = Document.objects.filter(key__in=keys).values_list("key", "title", "body")
        texts = {key: (title, body) for key, title, body in rows}
    marked = {key: highlighted(*texts[key], page.terms) for key in keys if key in texts}
    rest = {"next": "", "by_meaning": False, "correction": page.correction, **rest}
    rest["relaxed"] = page.relaxed and bool(keys)
    return Found(keys, page.total, page.facets, marked, **rest)


def suggest(prefix: str, n: int = 6) -> list[str]:
    """Words and titles that what is being typed could become."""
    found, _degraded = answered(lambda engine: engine.suggest(prefix, n, Scope()))
    return found


def readiness() -> Readiness:
    """Counted every few seconds at most."""
    return _readiness.get_or_make(READINESS, lambda: shared(READINESS, READINESS_SECONDS, _counted))


def _counted() -> Readiness:
    by = current_embedder()
    if not by.available:
        return Readiness(0, 0)
    models = Document.objects.present().values_list("vector_model").order_by("vector_model")
    counts = dict(models.annotate(Count("vector_model")))
    return Readiness(sum(counts.values()), counts.get(by.name, 0))


def answered(question: Callable[[Engine], Answer]) -> tuple[Answer, bool]:
    """The engine's answer, or the fallback's and True where the engine has none."""
    try:
        return question(engines.engine()), False
    except RequestRefused:
        # It is not away: whoever asks something else is answered.
        logger.exception("The search engine could not read a request.")
        return question(engines.fallback()), True
    except EngineUnavailable:
        cache.set(AWAY, True, AWAY_SECONDS)
        _away.keep(AWAY, True)
        return question(engines.fallback()), True


def is_degraded() -> bool:
    """Whether the fallback has answered for the engine in the last moments."""
    return _away.get_or_make(AWAY, lambda: bool(cache.get(AWAY, False)))
