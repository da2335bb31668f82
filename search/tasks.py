import logging

from celery import shared_task
from django.core.cache import cache

from search.engines.base import EngineUnavailable

logger = logging.getLogger(__name__)

# What a person who has just submitted an idea is kept waiting where there is no worker.
WAKING_SECONDS = 0.1
SWEEP_SECONDS = 60
SWEEPING = "search:looking-for-duplicates"


@shared_task
def drain() -> None:
    """Embed what has no vector yet, and tell the engine what it does not know yet.

    Then look for what says the same as the texts just written. Never fails whoever woke it: what
    is left stays in the queue, for the sweep.
    """
    from search.duplicates import find_waiting
    from search.indexing import drain_queue

    try:
        drain_queue()
        find_waiting(WAKING_SECONDS, lately=True)
    except EngineUnavailable as away:
        logger.warning("The search engine was not told; the sweep will try again: %s", away)
    except Exception:
        logger.exception("The search queue could not be drained; the sweep will try again.")


@shared_task
def sweep() -> None:
    """Mend a missing or outdated index, then tell it what lost wake-ups have left."""
    from search.indexing import make_complete

    try:
        make_complete()
    except EngineUnavailable as away:
        logger.warning("The search index could not be made: %s", away)
    drain()


@shared_task
def count_terms() -> None:
    """Count anew how rare words are; the scorer of similar ideas uses it."""
    from search.frequencies import renew

    renew()


@shared_task
def sweep_duplicates() -> None:
    """Look for the like of texts that no wake-up has looked at, or that a new fit judges anew."""
    from search.duplicates import find_waiting

    if cache.add(SWEEPING, 1, 2 * SWEEP_SECONDS):
        try:
            find_waiting(SWEEP_SECONDS)
        finally:
            cache.delete(SWEEPING)


@shared_task
def regroup_duplicates() -> None:
    """Group all pairs anew: after another threshold was chosen."""
    from search import calibration
    from search.duplicates import regroup

    # This process may remember the former one for a moment, and nobody would group once more.
    calibration.forget()
    regroup()


@shared_task
def check(pk: int) -> None:
    """Make a comparison of the index that somebody asked for."""
    from search.check import Check

    asked = Check.objects.filter(pk=pk).first()
    if asked:
        asked.run()
