import logging

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task
def drain() -> None:
    """Embed what has no vector yet, and tell the engine what it does not know yet.

    Never fails whoever woke it: what is left stays in the queue, for the sweep.
    """
    from search.indexing import drain_queue

    try:
        drain_queue()
    except Exception:
        logger.exception("The search queue could not be drained; the sweep will try again.")
