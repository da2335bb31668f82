"""Documents to search in, without the ideas they stand for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from search import engines
from search.engines.base import Engine
from search.engines.elastic.engine import ElasticsearchEngine
from search.indexing import drain_queue
from search.models import Document

Write = Callable[..., str]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


ENGINES = [
    pytest.param(name, marks=[pytest.mark.elasticsearch] if name == "elasticsearch" else [])
    for name in sorted(engines.ENGINES)
]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any, db: None) -> Iterator[Engine]:
    """Every engine in turn, as the one that the settings name."""
    settings.SEARCH_ENGINE = request.param
    if request.param == "elasticsearch":
        yield request.getfixturevalue("elastic")
    else:
        yield engines.engine()


@pytest.fixture
def elastic(settings: Any, db: None) -> Iterator[ElasticsearchEngine]:
    """A real Elasticsearch with an empty index of its own, as the engine of the settings."""
    settings.SEARCH_ENGINE = "elasticsearch"
    settings.ELASTICSEARCH_INDEX = f"test-{str(connection.settings_dict['NAME']).rsplit('/')[-1]}"
    settings.ELASTICSEARCH_TIMEOUT = 30
    engines.named.cache_clear()
    made = engines.engine()
    made.indexes.drop_all()
    list(made.rebuild())
    yield made
    made.indexes.drop_all()
    engines.named.cache_clear()


def _fields(title: str, body: str = "", **others: Any) -> dict[str, Any]:
    """What ideas hand over, with ordinary values where a test does not care."""
    return {
        "title": title,
        "body": body,
        "state": "published",
        "public": True,
        "theme": "waiting",
        "published_at": datetime(2026, 5, 1, tzinfo=UTC),
        **others,
    }


@pytest.fixture
def write(db: None) -> Write:
    """Write a document: `write("12", "Une borne", "…", theme="parcels")`; later ones are newer."""
    written = 0

    def put(key: str, title: str, body: str = "", **others: Any) -> str:
        nonlocal written
        written += 1
        others.setdefault("published_at", datetime(2026, 5, 1, tzinfo=UTC) + timedelta(written))
        Document.put(key, **_fields(title, body, **others))
        return key

    return put


@pytest.fixture
def told() -> Callable[[], None]:
    """Bring the engine up to date, vectors included, as the worker does."""

    def tell() -> None:
        drain_queue(seconds=60)
        if isinstance(engines.engine(), ElasticsearchEngine):
            engines.engine().refresh()
            engines.engine().forget()

    return tell


@pytest.fixture
def fields() -> Callable[..., dict[str, Any]]:
    """What `write` hands over, for tests that hand it over otherwise."""
    return _fields
