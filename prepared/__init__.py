"""Questions asked on every page: their SQL is made once, because making it costs most of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Key = int | str
Row = tuple[Any, ...]

# Stand for the keys that a question is asked about; no key is that low.
_LOWEST = -(2**62)


@dataclass(frozen=True)
class _Made:
    sql: str
    params: tuple[Any, ...]
    compiler: SQLCompiler
    converters: dict[int, Any]

    def converted(self, rows: list[Row]) -> list[Row]:
        """As a query set would give them; PostgreSQL gives them so by itself."""
        if not self.converters:
            return rows
        converted: Iterable[Any] = self.compiler.apply_converters(rows, self.converters)
        return [tuple(row) for row in converted]


class Prepared:
    """`build(about, among)` gives the query set, of values, about a key and a list of keys.

    It is called with numbers that stand for them, once for each length of the list; everything
    else that it reads, such as the time, would stay as it was then.
    """

    def __init__(self, build: Callable[[int, list[int]], QuerySet[Any, Any]]) -> None:
        self._build = build
        self._made = lru_cache(200)(self._make)

    def rows(self, about: Key, among: Sequence[int] = ()) -> list[Row]:
        made = self._made(connection.vendor, len(among))
        meant: dict[Key, Key] = {}
        for stand_in, key in zip(_stand_ins(len(among)), [about, *among], strict=True):
            # A column of text is compared with text.
            meant |= {stand_in: key, str(stand_in): key}
        with connection.cursor() as cursor:
            cursor.execute(made.sql, [meant.get(param, param) for param in made.params])
            return made.converted(cursor.fetchall())

    def _make(self, _vendor: str, length: int) -> _Made:
        about, *among = _stand_ins(length)
        compiler = self._build(about, among).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select]
        return _Made(sql, tuple(params), compiler, compiler.get_converters(columns))


def _stand_ins(length: int) -> range:
    return range(_LOWEST, _LOWEST + length + 1)
