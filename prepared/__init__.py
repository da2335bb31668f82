"""Statements of every page and vote: their SQL is made once, for making it costs most of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from psycopg.types.numeric import Int8

Key = int | str
Row = tuple[Any, ...]
# What is known of its types is of another version of Django.
_populators: Any = get_related_populators

EXACT, STEP = 4, 10

# Stand for the keys that a question is asked about; no key is that low. A float holds them too.
_LOWEST = -(2**52)


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

    @cached_property
    def shape(self) -> "_Shape":
        return _Shape(self.compiler)


class _Shape:
    """How a row becomes an object with what was selected along: `select_related`, `annotate`."""

    def __init__(self, compiler: SQLCompiler) -> None:
        kind: Any = compiler.klass_info
        first, last = kind["select_fields"][0], kind["select_fields"][-1] + 1
        self._model, self._own = kind["model"], slice(first, last)
        self._names = [column[0].target.attname for column in compiler.select[self._own]]
        self._related = _populators(kind, compiler.select, DEFAULT_DB_ALIAS)
        self._annotated = compiler.annotation_col_map or {}

    def filled(self, row: Row) -> Any:
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for related in self._related:
            related.populate(row, made)
        for name, column in self._annotated.items():
            setattr(made, name, row[column])
        return made


class Prepared:
    """`build(about, among)` gives the query set, of values, about a key and a list of keys.

    It is called with numbers that stand for them, once for each length of the list, which beyond
    `EXACT` keys is rounded up; everything else that it reads, such as the time, would stay as it
    was then.
    """

    def __init__(self, build: Callable[[int, list[int]], QuerySet[Any, Any]]) -> None:
        self._build = build
        self._made = lru_cache(200)(self._make)

    def rows(self, about: Key, among: Sequence[Key] = ()) -> list[Row]:
        return self._answer(about, among)[1]

    def _answer(self, about: Key, among: Sequence[Key]) -> tuple[_Made, list[Row]]:
        # Few lengths, so that a connection can keep the plans of all of them: the last key again.
        spare = -len(among) % STEP if len(among) > EXACT else 0
        keys = [about, *among, *list(among[-1:]) * spare]
        made = self._made(connection.vendor, len(keys) - 1)
        with connection.cursor() as cursor:
            cursor.execute(made.sql, _meant(made.params, keys))
            return made, made.converted(cursor.fetchall())

    def _make(self, _vendor: str, length: int) -> _Made:
        about, *among = _stand_ins(length)
        compiler = self._build(about, among).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select]
        return _Made(sql, tuple(params), compiler, compiler.get_converters(columns))


class PreparedObjects(Prepared):
    """The same where `build` gives a query set of objects."""

    def all(self, about: Key, among: Sequence[Key] = ()) -> list[Any]:
        made, rows = self._answer(about, among)
        return [made.shape.filled(row) for row in rows]

    def get(self, about: Key, among: Sequence[Key] = ()) -> Any:
        """The first of them; None where there is none."""
        return next(iter(self.all(about, among)), None)


class PreparedUpdate:
    """Sets numbers, given by name, of the objects that `build(key)` gives.

    `always`: what changes with them, in terms of the row alone.
    """

    def __init__(
        self, build: Callable[[int], QuerySet[Any]], always: Mapping[str, Any] | None = None
    ) -> None:
        self._build, self._always = build, always or {}
        self._made = lru_cache(20)(self._make)

    def run(self, about: Key, **numbers: float) -> None:
        sql, params = self._made(connection.vendor, *numbers)
        with connection.cursor() as cursor:
            cursor.execute(sql, _meant(params, [about, *numbers.values()]))

    def _make(self, _vendor: str, *names: str) -> tuple[str, Row]:
        about, *numbers = _stand_ins(len(names))
        query: Any = self._build(about).query.chain(UpdateQuery)
        query.add_update_values({**self._always, **dict(zip(names, numbers, strict=True))})
        sql, params = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        return sql, tuple(params)


def _of_one_type(key: Key) -> Any:
    """PostgreSQL keeps a plan by the types too, and psycopg gives small numbers smaller ones."""
    return Int8(key) if connection.vendor == "postgresql" and isinstance(key, int) else key


def _stand_ins(length: int) -> range:
    return range(_LOWEST, _LOWEST + length + 1)


def _meant(params: Sequence[Any], keys: Sequence[Any]) -> list[Any]:
    """The parameters with what is meant in the place of what stood for it."""
    meant: dict[Any, Any] = {}
    for stand_in, key in zip(_stand_ins(len(keys) - 1), keys, strict=True):
        # A column of text is compared with text.
        meant |= dict.fromkeys((stand_in, str(stand_in)), _of_one_type(key))
    return [meant.get(param, param) for param in params]
