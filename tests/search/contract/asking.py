"""How the tests of what every engine must do ask it."""

from search.embedding import Vectors
from search.engines.base import Ask, Engine, Page, Wording
from search.meaning import direction, vector_of


def keys(page: Page) -> list[str]:
    return [hit.key for hit in page.hits]


def found(engine: Engine, words: str, **others: tuple[str, ...]) -> set[str]:
    """The keys of what has these words."""
    wording = Wording(words, **others)
    return set(keys(engine.lexical(Ask(wording, order="relevance"))))


def towards(engine: Engine, text: str) -> Vectors:
    """The direction of a text, seen from the middle of the engine's documents."""
    return direction(vector_of(text), engine.statistics().mean)
