"""What Elasticsearch answered, as pages and hits. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from search import synonyms
from search.engines.base import Ask, Hit, Page, Scope, Wording
from search.engines.elastic import questions
from search.models import FACETS
from search.text import terms


def page(ask: Ask, answer: Mapping[str, Any], **rest: Any) -> Page:
    found, following = hits(ask, answer)
    counted = answer["aggregations"]
    facets = {}
    for name in FACETS:
        counts = counted[f"facet_{name}"]
        buckets = counts.get("slugs", counts)["buckets"]
        facets[name] = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
    also = counted["also"]["keys"]["buckets"] if "also" in counted else []
    inside = {bucket["key"] for bucket in also}
    return Page(
        hits=found,
        total=answer["hits"]["total"]["value"],
        facets=facets,
        next=following,
        also=[key for key in ask.also if key in inside],
        terms=_shown(ask.wording),
        **rest,
    )


def counting(page: Page, scope: Scope, near: Sequence[Mapping[str, Any]]) -> Page:
    """A page that also counts what is near, as the server counts what has the words."""
    asked = {name: set(slugs) for name, slugs in scope.filters.items() if slugs}
    facets = {name: Counter(counts) for name, counts in page.facets.items()}
    also, total = [], page.total
    for hit in near:
        slugs = hit.get("fields", {})
        missed = {name for name, some in asked.items() if some.isdisjoint(slugs.get(name, ()))}
        new = questions.HAS_WORDS not in hit.get("matched_queries", ())
        if not missed:
            also.append(hit["_id"])
            total += new
        if new:
            # A facet is counted without its own filter.
            for name in FACETS:
                if missed <= {name}:
                    facets[name].update(slugs.get(name, ()))
    counted = {name: dict(counts) for name, counts in facets.items()}
    return replace(page, total=total, facets=counted, also=also)


def hits(ask: Ask, answer: Mapping[str, Any]) -> tuple[list[Hit], str]:
    """The hits of a page, and where the next one goes on."""
    found = [
        Hit(hit["_id"], float(hit.get("_score") or 0), questions.place(hit["sort"]))
        for hit in answer["hits"]["hits"]
    ]
    return found[: ask.size], found[ask.size - 1].place if len(found) > ask.size else ""


def _shown(wording: Wording) -> frozenset[str]:
    """The stems to be marked: what was typed, and what means the same."""
    said = [text for group in synonyms.expanded(wording.words) for text in group]
    return frozenset(term for text in (*said, *wording.phrases) for term in terms(text))


def nothing(answer: Mapping[str, Any], ask: Ask) -> bool:
    """Whether no document has enough of the words: those of `also` are there without any."""
    if ask.order == "relevance":
        # Best first, and only the words give a score: those of `also` may have them too.
        return not any((hit.get("_score") or 0) > 0 for hit in answer["hits"]["hits"][:1])
    also = answer["aggregations"]["also"]["doc_count"] if ask.also else 0
    return bool(answer["hits"]["total"]["value"] <= also)


def near(answer: Mapping[str, Any]) -> list[Hit]:
    """Scores of a dot product are (1 + cosine) / 2."""
    return [Hit(hit["_id"], 2 * hit["_score"] - 1) for hit in answer["hits"]["hits"]]


def scored(answer: Mapping[str, Any]) -> list[Hit]:
    return [Hit(hit["_id"], hit["_score"]) for hit in answer["hits"]["hits"]]
