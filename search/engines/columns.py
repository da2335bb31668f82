"""What documents are filtered, counted and ordered by: one array per field, in memory."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import draw
from search.engines.base import Scope
from search.engines.growing import Growing
from search.models import FACETS

Mask = NDArray[np.bool_]
# What each order looks at; `discover` is a draw weighted by its column.
ORDER_COLUMNS = {
    "rising": "rising",
    "backed": "backed",
    "new": "published",
    "discussed": "comments",
    "discover": "exploration",
}
NUMBERS = ("rising", "backed", "published", "comments", "exploration", "support")


class Columns:
    """Rows stay where they are; a row that no longer counts is not `alive`."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.alive = Growing(np.bool_)
        self.public = Growing(np.bool_)
        self.versions = Growing(np.int64)
        self.ties = Growing(np.int64)
        self._numbers = {name: Growing(np.float64) for name in NUMBERS}
        self._facets = {name: Growing(np.int16) for name in FACETS}
        # Code 0 stands for "none".
        self._slugs: dict[str, dict[str, int]] = {name: {"": 0} for name in FACETS}

    def extend(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.keys += [row["key"] for row in rows]
        self.ties.extend([draw.signed(draw.numbered(row["key"])) for row in rows])
        self.public.extend([row["public"] for row in rows])
        self.versions.extend([row["version"] for row in rows])
        for name, column in self._numbers.items():
            column.extend([row[name] for row in rows])
        for name, column in self._facets.items():
            slugs = [row[name] for row in rows]
            codes = {slug: self._code(name, slug) for slug in set(slugs)}
            column.extend([codes[slug] for slug in slugs])
        # Last: a row counts once all its columns stand.
        self.alive.extend([True] * len(rows))

    def set(self, at: int, row: Mapping[str, Any]) -> None:
        self.public.view()[at] = row["public"]
        self.versions.view()[at] = row["version"]
        for name, column in self._numbers.items():
            column.view()[at] = row[name]
        for name, column in self._facets.items():
            column.view()[at] = self._code(name, row[name])

    def drop(self, at: int) -> None:
        self.alive.view()[at] = False

    def _code(self, facet: str, slug: str) -> int:
        return self._slugs[facet].setdefault(slug, len(self._slugs[facet]))

    def within(self, scope: Scope, size: int) -> tuple[Mask, dict[str, Mask]]:
        """Which rows may count at all, and for each facet asked for, which have its slugs."""
        mask = self.alive.view()[:size].copy()
        if scope.public:
            mask &= self.public.view()[:size]
        asked = {}
        for name, slugs in scope.filters.items():
            if slugs:
                known = [self._slugs[name].get(slug, -1) for slug in slugs]
                asked[name] = np.isin(self._facets[name].view()[:size], known)
        return mask, asked

    def counts(self, mask: Mask, asked: Mapping[str, Mask]) -> dict[str, dict[str, int]]:
        """Rows per slug, each facet counted over what the other facets leave."""
        missing = sum((~has for has in asked.values()), np.zeros(len(mask), np.uint8))
        counted = {}
        for name, column in self._facets.items():
            rest = missing - ~asked[name] if name in asked else missing
            codes = column.view()[: len(mask)][mask & (rest == 0)]
            numbers = np.bincount(codes, minlength=len(self._slugs[name]))
            counted[name] = {
                slug: int(numbers[code])
                for slug, code in list(self._slugs[name].items())
                if slug and numbers[code]
            }
        return counted

    def order(self, name: str, seed: str, size: int) -> NDArray[np.float64]:
        """What rows are ordered by, highest first."""
        values = self._numbers[ORDER_COLUMNS[name]].view()[:size]
        if name == "discover":
            return draw.places(seed, self.ties.view()[:size].view(np.uint64), values)
        return values
