"""Who saw which idea: gathered in memory while pages are served, written in bulk now and then.

A page adds the person's mark to a set, which costs microseconds and no query. Every few seconds a
thread of the process lets the marks into the audiences of the ideas (`ideas.models.Audience`). The
same person, idea and mark once more changes nothing, so neither repeated pages nor several
processes have to agree with each other; a process that is killed loses what it gathered since.
"""

import atexit
import logging
import threading
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from django.db import close_old_connections, transaction

from ideas import documents
from ideas.models import Audience, Idea
from ideas.models.audience import mark_of

if TYPE_CHECKING:
    from accounts.models import User

SECONDS = 5
# Ideas whose audiences and counters are renewed in one transaction.
BATCH = 100
# While the database is away, views beyond this number of ideas are not kept.
MOST_IDEAS = 100_000

Seen = Mapping[int, Collection[int]]

logger = logging.getLogger(__name__)
_gathered: dict[int, set[int]] = {}
_gathering = threading.Lock()
_mark_of = lru_cache(20_000)(mark_of)


class Shown(Protocol):
    @property
    def pk(self) -> int: ...
    @property
    def author_id(self) -> int | None: ...


def note(person: "User", ideas: Iterable[Shown]) -> None:
    """This person sees these ideas; authors do not count among the viewers of what they signed.

    Authors of anonymous ideas are noted like everybody else: what is kept must not depend on who
    they are (`AudienceQuerySet.viewers` takes one viewer off).
    """
    mark = _mark_of(person.pk)
    with _gathering:
        for idea in ideas:
            if idea.author_id != person.pk and len(_gathered) < MOST_IDEAS:
                _gathered.setdefault(idea.pk, set()).add(mark)
        if _thread.wanted:
            _thread.start()


def flush() -> None:
    """Write what was gathered; what cannot be written now is kept for the next time."""
    seen = _taken()
    keys = sorted(seen)
    for start in range(0, len(keys), BATCH):
        part = {key: seen[key] for key in keys[start : start + BATCH]}
        try:
            admit(part)
        except Exception:
            logger.exception("Views of %s ideas could not be written yet.", len(part))
            _keep(part)


def _taken() -> dict[int, set[int]]:
    with _gathering:
        taken = dict(_gathered)
        _gathered.clear()
    return taken


def _keep(seen: Seen) -> None:
    with _gathering:
        for key, marks in seen.items():
            _gathered.setdefault(key, set()).update(marks)


def admit(seen: Seen) -> None:
    """Let these marks into the audiences of these ideas; counters follow where they change."""
    settled = False
    while not settled:
        with transaction.atomic():
            settled = _count(_grown(seen))
            # Something was merged or parted meanwhile: with other heads, from the beginning.
            transaction.set_rollback(not settled)


def _grown(seen: Seen) -> list[int]:
    """The ideas whose audience has changed; it is saved and stays locked."""
    ideas = set(Idea.objects.filter(pk__in=seen).values_list("pk", flat=True))
    known = set(Audience.objects.filter(pk__in=ideas).values_list("pk", flat=True))
    new = [Audience(idea_id=key) for key in sorted(ideas - known)]
    Audience.objects.bulk_create(new, ignore_conflicts=True)
    audiences = Audience.objects.locked().filter(pk__in=ideas)
    grown = [audience for audience in audiences if audience.admit(seen[audience.pk])]
    # All of them are there: the statement that upserts is several times cheaper than `bulk_update`.
    Audience.objects.bulk_create(
        grown, update_conflicts=True, unique_fields=["idea"], update_fields=["sketch"]
    )
    return [audience.pk for audience in grown]


def _count(grown: Collection[int]) -> bool:
    """Renew the viewers of these ideas and their heads; False when a head is no longer the one."""
    heads = _heads(grown)
    locked = {idea.pk for idea in Idea.objects.locked().filter(pk__in=heads).only("pk")}
    if _heads(grown) - locked:
        return False
    viewers = Audience.objects.viewers(locked.union(grown))
    changed = [
        idea for idea in Idea.objects.filter(pk__in=viewers) if idea.views != viewers[idea.pk]
    ]
    for idea in changed:
        idea.views = viewers[idea.pk]
    Idea.objects.bulk_update(changed, ["views"])
    documents.write_numbers_of(changed)
    return True


def _heads(keys: Collection[int]) -> set[int]:
    pairs = Idea.objects.filter(pk__in=keys).values_list("pk", "canonical")
    return {canonical or key for key, canonical in pairs}


class _Thread:
    """Flushes every few seconds in a process that serves pages, from its first view on."""

    def __init__(self) -> None:
        self.wanted = False
        self.running: threading.Thread | None = None

    def start(self) -> None:
        # A process that was forked has no threads: it starts its own.
        if self.running is None or not self.running.is_alive():
            self.running = threading.Thread(target=self.run, name="impressions", daemon=True)
            self.running.start()

    def run(self) -> None:
        while not _ended.wait(SECONDS):
            close_old_connections()
            flush()
            close_old_connections()


_thread, _ended = _Thread(), threading.Event()


def serve() -> None:
    """From now on this process writes what it gathers, the last time when it ends."""
    _thread.wanted = True
    atexit.register(flush)
