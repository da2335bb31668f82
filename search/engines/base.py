"""What an engine answers, whatever it is made of."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from search.embedding import Vectors
from search.similarity import Statistics

if TYPE_CHECKING:
    from search.models import Document

# Of several words, so many must be there; of one or two, all.
ENOUGH = 0.7
# A text is compared by so many of its words, the most telling ones.
TELLING = 12
ORDERS = ("relevance", "rising", "backed", "discover", "new", "discussed")


# A number in 64 bits, as engines compare it, and the key's own.
_PLACE = re.compile(r"(-?\d{1,19}(?:\.\d{1,30})?(?:e[+-]?\d{1,3})?):(-?\d{1,19})", re.ASCII)


class EngineUnavailable(Exception):
    """The engine cannot answer now: ask the fallback, try again later."""


class RequestRefused(EngineUnavailable):
    """The engine answers, and cannot read this request: nobody else has to do without it."""


@dataclass(frozen=True)
class Place:
    """Where a list goes on: below this value and, of equal ones, below this number of the key's.

    Every engine writes and reads the same, so that one goes on where another one was.
    """

    value: float
    tie: int

    def __str__(self) -> str:
        return f"{self.value!r}:{self.tie}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """None for the first page, and for what no page has given out."""
        found = _PLACE.fullmatch(text)
        place = cls(float(found[1]), int(found[2])) if found else None
        fits = place and abs(place.value) < 2**63 and -(2**63) <= place.tie < 2**63
        return place if fits else None


@dataclass(frozen=True)
class Wording:
    """What was typed: words that should occur, phrases that must, words that must not.

    What of it is nothing but words that every text has (`search.text.STOP_WORDS`) is not asked for;
    where nothing else is left, nothing is found.
    """

    words: str = ""
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases or self.without)


@dataclass(frozen=True)
class Scope:
    """Which documents are looked at: slugs are alternatives inside a facet."""

    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    public: bool = True


PUBLIC, EVERYTHING = Scope(), Scope(public=False)


@dataclass(frozen=True)
class Ask:
    """One question for a page of documents.

    `also` are keys that count as found whatever their words; `only` leaves nothing but these.
    `after` is the last page's `Page.next`; `relaxed` its `Page.relaxed`.
    """

    wording: Wording = Wording()
    scope: Scope = Scope()
    order: str = "rising"
    after: str = ""
    size: int = 20
    seed: str = ""
    also: Collection[str] = ()
    only: Collection[str] | None = None
    relaxed: bool = False


@dataclass(frozen=True)
class Hit:
    """`place` is where a list goes on after this hit: an `Ask.after`, the text of a `Place`."""

    key: str
    score: float
    place: str = ""


@dataclass(frozen=True)
class Page:
    """`hits` are in the order asked for; `also` are those of `Ask.also` inside the filters.

    `facets` count each facet without its own filter. `terms` are the stems to be highlighted,
    `correction` is what was searched where a word was unknown, and `relaxed` says that too
    little held most words, so that one of them was enough.
    """

    hits: list[Hit]
    total: int
    facets: dict[str, dict[str, int]]
    next: str = ""
    also: list[str] = field(default_factory=list)
    terms: frozenset[str] = frozenset()
    correction: str = ""
    relaxed: bool = False


@dataclass(frozen=True)
class Told:
    """What an engine did with documents: `refused` gives the reason why it never will take one.

    Documents that are in neither were not taken this time.
    """

    taken: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)


# Of the nearest ones, nearest first, the keys of those that count.
Enough = Callable[[Sequence[Hit]], list[str]]


class Engine(Protocol):
    """Every method raises `EngineUnavailable` where the engine cannot answer."""

    @property
    def reads_table(self) -> bool:
        """True where a committed document needs no telling: `tell` has nothing to do."""

    @property
    def complete(self) -> bool:
        """False where the index is missing, unfinished or of an older form: `rebuild` it."""

    def recovered(self) -> bool:
        """Whether it is complete once its server, just started perhaps, has had its time."""

    def tell(self, documents: Sequence["Document"]) -> Told:
        """Tell the present state of documents, tombstones included.

        A document older than what the engine holds is left alone, and counts as taken.
        """

    def forget_keys(self, keys: Sequence[str]) -> None:
        """Forget documents that are not in the table any more."""

    def lexical(self, ask: Ask) -> Page:
        """The documents that have the words, or all of them where no word is asked for."""

    def hybrid(self, ask: Ask, towards: Vectors | None, n: int, enough: Enough) -> Page:
        """`lexical` by relevance, where those that are near enough count: the page's `also`.

        `enough` chooses among the `n` nearest, whatever their facets. Nothing is near where no
        direction is given. The hits may leave out those of `also` that have none of the words.
        """

    def nearest(self, towards: Vectors, scope: Scope, n: int) -> list[Hit]:
        """The documents nearest in meaning, with the cosine of their direction and this one.

        Directions (`search.meaning.direction`) are seen from the middle that `statistics` gives.
        """

    def alike(self, text: str, scope: Scope, n: int) -> list[Hit]:
        """The documents that share the most telling words of a text."""

    def candidates(
        self, text: str, towards: Vectors | None, scope: Scope, n: int
    ) -> tuple[list[Hit], list[Hit]]:
        """`alike` and `nearest` at once; nothing is near where no direction is given."""

    def suggest(self, prefix: str, n: int, scope: Scope) -> list[str]:
        """How what is being typed could go on: words, then titles."""

    def statistics(self) -> Statistics:
        """What the corpus says of words and vectors, for the scorer."""

    def held(self) -> Iterator[tuple[str, int]]:
        """Every key that the engine would find, with its version."""

    def rebuild(self) -> Iterator[tuple[int, int]]:
        """Make the index anew while it goes on answering; yields (done, of)."""

    def healthy(self) -> bool:
        """Whether it answers."""
