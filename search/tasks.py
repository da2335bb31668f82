import logging

from celery import shared_task

from search.engines.base import EngineUnavailable

logger = logging.getLogger(__name__)


@shared_task
def drain() -> None:
    """Embed what has no vector yet, and tell the engine what it does not know yet.

    Never fails whoever woke it: what is left stays in the queue, for the sweep.
    """
    from search.indexing import drain_queue

    try:
        drain_queue()
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
def check(pk: int) -> None:
    """Make a comparison of the index that somebody asked for."""
    from search.check import Check

    asked = Check.objects.filter(pk=pk).first()
    if asked:
        asked.run()
