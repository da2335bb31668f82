"""What search is asked in a measurement: each by its name, given the number of the turn."""

import random
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from search.find import Query, find, suggest
from search.models import Document
from search.similar import similar, similar_to

NARROW = {"theme": ["waiting", "parcels"], "region": ["bretagne"]}
SAMPLE = 400


@lru_cache(maxsize=1)
def sample() -> list[Document]:
    """Documents from everywhere in the corpus; the words and texts of the questions are theirs."""
    total = Document.objects.count()
    numbers = random.Random(1).sample(range(1, total + 1), SAMPLE)
    return list(Document.objects.filter(key__in=map(str, numbers)).order_by("key"))


def _one(turn: int) -> Document:
    return sample()[turn * 7 % SAMPLE]


def _words(turn: int) -> str:
    return " ".join(_one(turn).title.split()[:4])


def _list(order: str, turn: int) -> Any:
    return find(Query(order=order, seed=str(turn)))


def _narrowed(turn: int) -> Any:
    return find(Query(filters=NARROW, seed=str(turn)))


def _search(turn: int) -> Any:
    # A number that nobody typed before: the words are embedded each time.
    return find(Query(f"{_words(turn)} {turn}", order="relevance"))


def _known_search(turn: int) -> Any:
    return find(Query(_words(turn % 40), order="relevance"))


def _suggest(turn: int) -> Any:
    return suggest(_words(turn)[: 4 + turn % 6])


def _typing(turn: int) -> Any:
    return similar(_one(turn).title, f"{_one(turn).body[:150]} {turn}")


def _stored(turn: int) -> Any:
    return similar_to(_one(turn).key)


QUESTIONS: dict[str, Callable[[int], Any]] = {
    "list, rising": partial(_list, "rising"),
    "list, discover": partial(_list, "discover"),
    "list, facets chosen": _narrowed,
    "search, first time asked": _search,
    "search, asked before": _known_search,
    "suggest": _suggest,
    "similar while typing": _typing,
    "similar to a stored idea": _stored,
}
