"""Questions asked on every page: their SQL is made once, because making it costs most of them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

# Stand for the numbers that a question is asked about; no key is that low.
_LOWEST = -(2**62)


class Prepared:
    """`build(about, among)` gives the query set, of values, about a key and a list of keys.

    It is called with numbers that stand for them, once for each length of the list; everything
    else that it reads, such as the time, would stay as it was then.
    """

    def __init__(self, build: Callable[[int, list[int]], QuerySet[Any, Any]]) -> None:
        self._build = build
        self._made = lru_cache(200)(self._make)

    def rows(self, about: int, among: Sequence[int] = ()) -> list[tuple[Any, ...]]:
        """As the database gives them: on SQLite true is 1."""
        sql, params = self._made(connection.vendor, len(among))
        meant = dict(zip(_stand_ins(len(among)), [about, *among], strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [meant.get(param, param) for param in params])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _make(self, _vendor: str, length: int) -> tuple[str, tuple[Any, ...]]:
        about, *among = _stand_ins(length)
        sql, params = self._build(about, among).query.sql_with_params()
        return sql, tuple(params)


def _stand_ins(length: int) -> range:
    return range(_LOWEST, _LOWEST + length + 1)
