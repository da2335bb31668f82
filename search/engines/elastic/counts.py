"""How many documents a list has, remembered for a moment.

Counting looks at every document of a list, and its page at a few of them only. Many people look at
the same lists: in these seconds they are told the same numbers.
"""

import time
from dataclasses import dataclass

from search.engines.base import Scope

SECONDS = 5.0
# Beyond so many lists, all are forgotten.
MOST = 500


@dataclass(frozen=True)
class Counted:
    total: int
    facets: dict[str, dict[str, int]]


class Counts:
    """By what narrows the list, in this process; its threads may count twice, which is harmless."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[float, Counted]] = {}

    def of(self, scope: Scope) -> Counted | None:
        until, counted = self._known.get(_name(scope), (0.0, None))
        return counted if time.monotonic() < until else None

    def keep(self, scope: Scope, counted: Counted) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[_name(scope)] = (time.monotonic() + SECONDS, counted)

    def forget(self) -> None:
        self._known.clear()


def _name(scope: Scope) -> object:
    return scope.public, frozenset((name, frozenset(s)) for name, s in scope.filters.items() if s)
