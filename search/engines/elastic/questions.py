"""What is asked of Elasticsearch, as bodies of searches. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from elasticsearch.dsl import A, Q, Search
from elasticsearch.dsl.query import Query

from search import draw
from search.embedding import Vectors
from search.engines.base import ENOUGH, TELLING, Ask, Place, Scope, Wording
from search.models import FACETS
from search.text import terms

# More slugs than a facet has.
SLUGS = 500
MOST_WORDS = 40
NEAREST_LOOKED_AT = 100
OVERSAMPLE = 3.0
ORDER_FIELDS = {
    "rising": "rising",
    "backed": "backed",
    "new": "published_at",
    "discussed": "comments",
}
# `search.draw.places` in Painless.
_DRAW = """
long x = doc['tie'].value ^ params.seed;
x = (x ^ (x >>> 30)) * -4658895280553007687L;
x = (x ^ (x >>> 27)) * -7723592293110705685L;
x ^= x >>> 31;
double u = ((x >>> 11) + 0.5) * 1.1102230246251565E-16;
return Math.log(u) / doc['exploration'].value;
"""
_BARE = {"_source": False, "track_total_hits": False}
HAS_WORDS = "has words"
_INTEGERS = {"new", "discussed"}


def listed(ask: Ask) -> Search:
    """A page of a list without a wording, uncounted: only what comes first is looked at."""
    wanted = Q("bool", filter=[*_outer(ask), *_asked(ask.scope).values()])
    return _going_on(Search().query(wanted).extra(track_total_hits=False), ask)


def page(ask: Ask, words: Sequence["Alternatives"]) -> Search:
    """A page of documents with its total and facets. `words` are those of the wording."""
    wanted = Q("bool", filter=_outer(ask), must=_found(ask, words))
    search = _going_on(Search().query(wanted).extra(track_total_hits=True), ask)
    asked = _asked(ask.scope)
    for name in FACETS:
        others = [query for other, query in asked.items() if other != name]
        counts = A("terms", field=name, size=SLUGS)
        search.aggs[f"facet_{name}"] = _wrapped(name, others) if others else counts
    if ask.also:
        inside = Q("bool", filter=[*asked.values(), _keys(ask.also)])
        search.aggs.bucket("also", "filter", inside).bucket(
            "keys", "terms", field="key", size=len(ask.also), execution_hint="map"
        )
    if asked:
        search = search.post_filter(Q("bool", filter=list(asked.values())))
    return search


def _going_on(search: Search, ask: Ask) -> Search:
    """In the order asked for, after the last page; one more than asked for tells of a next page."""
    search = search.extra(size=ask.size + 1).source(False).sort(*_order(ask))
    after = _after(ask)
    return search.extra(search_after=after) if after else search


def _wrapped(name: str, others: list[Query]) -> Any:
    wrapped = A("filter", Q("bool", filter=others))
    wrapped.bucket("slugs", "terms", field=name, size=SLUGS)
    return wrapped


class Alternatives:
    """One word or phrase of what was typed, and what means the same."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def query(self) -> Query:
        """As typed, or as one of the others: there, several words must stand together."""
        typed, *others = self.texts
        each = _in_fields("match", typed, operator="and")
        for text in others:
            each += _in_fields("match_phrase", text)
        return Q("dis_max", queries=each, tie_breaker=0.1)


def _in_fields(kind: str, text: str, **how: Any) -> list[Query]:
    """In the title it counts double."""
    return [
        Q(kind, text={"query": text, **how}),
        Q(kind, title={"query": text, "boost": 2.0, **how}),
    ]


def least(words: int, relaxed: bool) -> int:
    """Of one or two words all must be there; of more, so many."""
    if relaxed:
        return 1
    return words if words <= 2 else math.ceil(ENOUGH * words)


def _found(ask: Ask, words: Sequence[Alternatives]) -> list[Query]:
    """What documents must match: the wording, or that they are among `also`."""
    if not ask.wording:
        return []
    matched = having(ask.wording, words, ask.relaxed)
    if not ask.also:
        return [matched]
    also = Q("constant_score", filter=_keys(ask.also), boost=0.0)
    return [Q("bool", should=[matched, also], minimum_should_match=1)]


def having(wording: Wording, words: Sequence[Alternatives], relaxed: bool) -> Query:
    """The documents that have a wording: what of it tells nothing is not asked for."""
    must: list[Query] = []
    if words:
        each = [word.query() for word in words]
        must.append(Q("bool", should=each, minimum_should_match=least(len(each), relaxed)))
    must += [Q("match_phrase", text={"query": text}) for text in wording.phrases if terms(text)]
    unwanted = [Q("match", text={"query": text}) for text in wording.without if terms(text)]
    if not must and not unwanted:
        return Q("match_none")
    should = _boosts(wording.words) if len(words) > 1 else []
    return Q("bool", must=must, must_not=unwanted, should=should)


def _boosts(words: str) -> list[Query]:
    """Words that stand together, and a title that is just that, count more."""
    return [
        Q("match_phrase", title={"query": words, "slop": 2, "boost": 2.0}),
        Q("match_phrase", body={"query": words, "slop": 2}),
    ]


def _outer(ask: Ask) -> list[Query]:
    filters = _public(ask.scope)
    if ask.only is not None:
        filters.append(_keys(ask.only))
    return filters


def _public(scope: Scope) -> list[Query]:
    return [Q("term", public=True)] if scope.public else []


def _asked(scope: Scope) -> dict[str, Query]:
    return {name: Q("terms", **{name: list(s)}) for name, s in scope.filters.items() if s}


def _scope(scope: Scope) -> list[Query]:
    return [*_public(scope), *_asked(scope).values()]


def _keys(keys: Any) -> Query:
    return Q("ids", values=list(keys))


def _order(ask: Ask) -> list[dict[str, Any]]:
    tie = {"tie": {"order": "desc"}}
    if ask.order == "relevance":
        return [{"_score": {"order": "desc"}}, tie]
    if ask.order == "discover":
        seed = draw.signed(draw.numbered(ask.seed))
        script = {"source": _DRAW, "params": {"seed": seed}}
        return [{"_script": {"type": "number", "order": "desc", "script": script}}, tie]
    return [{ORDER_FIELDS[ask.order]: {"order": "desc"}}, tie]


def place(values: Sequence[Any]) -> str:
    """Where a list goes on after a hit with these sort values."""
    value, tie = values
    return str(Place(float(value), tie))


def _after(ask: Ask) -> list[Any] | None:
    """The sort values of an `Ask.after`."""
    if not (after := Place.read(ask.after)):
        return None
    return [int(after.value) if ask.order in _INTEGERS else after.value, after.tie]


def nearest(towards: Vectors, scope: Scope, n: int) -> dict[str, Any]:
    """The documents nearest to a direction."""
    return {"knn": _nearest(towards, scope, n), "size": n, **_BARE}


def meant(towards: Vectors, ask: Ask, words: Sequence[Alternatives], n: int) -> dict[str, Any]:
    """`nearest` whatever their facets, which come along; those that have the words say so."""
    near = _nearest(towards, replace(ask.scope, filters={}), n)
    matched = having(ask.wording, words, ask.relaxed)
    having_them = Q("constant_score", filter=matched, boost=0.0, _name=HAS_WORDS)
    query = {"bool": {"must": [{"knn": near}], "should": [having_them.to_dict()]}}
    return {"query": query, "size": n, "docvalue_fields": list(FACETS), **_BARE}


def _nearest(towards: Vectors, scope: Scope, n: int) -> dict[str, Any]:
    """Found by rough vectors, ordered by exact ones."""
    knn: dict[str, Any] = {
        "field": "vector",
        "query_vector": towards.tolist(),
        "k": n,
        "num_candidates": max(NEAREST_LOOKED_AT, 3 * n),
        "rescore_vector": {"oversample": OVERSAMPLE},
    }
    if filters := _scope(scope):
        knn["filter"] = [query.to_dict() for query in filters]
    return knn


def alike(text: str, scope: Scope, n: int) -> dict[str, Any]:
    """The documents with a text's most telling words; never with all of them, which is slow."""
    like = Q(
        "more_like_this",
        fields=["text"],
        like=[text],
        min_term_freq=1,
        min_doc_freq=1,
        max_query_terms=TELLING,
        minimum_should_match="1",
    )
    search = Search().query(Q("bool", must=[like], filter=_scope(scope)))
    asked: dict[str, Any] = search.source(False).extra(size=n, track_total_hits=False).to_dict()
    return asked


def suggest(prefix: str, n: int, scope: Scope) -> dict[str, Any]:
    """Titles that go on so; with a slip of the finger where none does, the rising ones first."""
    exact = Q("match", title__prefix={"query": prefix, "operator": "and", "boost": 5.0})
    near = Q(
        "match",
        title__prefix={
            "query": prefix,
            "operator": "and",
            "fuzziness": "AUTO:4,8",
            "prefix_length": 1,
        },
    )
    either = Q("dis_max", queries=[exact, near])
    search = Search().query(Q("bool", must=[either], filter=_public(scope)))
    search = search.source(["title"]).sort("_score", {"rising": {"order": "desc"}})
    asked: dict[str, Any] = search.extra(size=n, track_total_hits=False).to_dict()
    return asked


def spelling(words: str) -> dict[str, Any]:
    """For each word that no document has, those that it is a slip or two away from."""
    term = {
        "field": "text.written",
        "suggest_mode": "missing",
        "sort": "score",
        "max_edits": 2,
        "prefix_length": 1,
        "min_word_length": 4,
        "size": 3,
    }
    return {"slips": {"text": words, "term": term}}
