"""How search is doing: the engine, its index, and the queue."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Count, Min

from search import engines
from search.engines.base import Ask, Engine, EngineUnavailable, Scope
from search.find import Readiness, is_degraded, readiness
from search.models import Document


@dataclass(frozen=True)
class Index:
    """What the engine searches; one that reads the table itself has no name and no age."""

    documents: int
    complete: bool
    name: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True)
class State:
    """`index` is None where the engine does not answer; `waiting_since` where nothing waits."""

    engine: str
    degraded: bool
    index: Index | None
    documents: int
    waiting: int
    waiting_since: datetime | None
    refused: int
    vectors: Readiness


def present() -> State:
    """As it is now; an engine that is away keeps nobody waiting."""
    index = None
    with suppress(EngineUnavailable):
        engine = engines.engine()
        if engine.healthy():
            index = _index(engine)
    queue = Document.objects.unindexed().aggregate(number=Count("pk"), since=Min("waiting_since"))
    return State(
        engine=settings.SEARCH_ENGINE,
        degraded=index is None or is_degraded(),
        index=index,
        documents=Document.objects.present().count(),
        waiting=queue["number"],
        waiting_since=queue["since"],
        refused=Document.objects.refused().count(),
        vectors=readiness(),
    )


def _index(engine: Engine) -> Index:
    complete = engine.complete
    everything = Ask(scope=Scope(public=False), size=1)
    if engine.reads_table:
        return Index(engine.lexical(everything).total, complete)
    serving = engine.indexes.serving()  # type: ignore[attr-defined]
    if serving is None:
        return Index(0, complete)
    documents = engine.lexical(everything).total
    return Index(documents, complete, serving.name, _made(serving.name))


def _made(name: str) -> datetime | None:
    """When an index was made: its name ends with it."""
    try:
        return datetime.strptime(name[-20:], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
