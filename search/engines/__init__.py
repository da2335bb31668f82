"""The engines that answer searches, chosen by the setting SEARCH_ENGINE."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from search.engines.base import Engine

ENGINES = {
    "database": "search.engines.database.DatabaseEngine",
    "elasticsearch": "search.engines.elastic.engine.ElasticsearchEngine",
}
FALLBACK = "database"


def engine() -> "Engine":
    """The engine of this installation."""
    return named(settings.SEARCH_ENGINE)


def fallback() -> "Engine":
    """The engine that answers while the other one is away: it needs nothing but the database."""
    return named(FALLBACK)


@cache
def named(name: str) -> "Engine":
    """One engine per process and name; what it holds in memory is shared by its threads."""
    if name not in ENGINES:
        raise ImproperlyConfigured(f"SEARCH_ENGINE={name!r}: choose one of {', '.join(ENGINES)}")
    made: Engine = import_string(ENGINES[name])()
    return made
