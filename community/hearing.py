"""How the community hears that something happened to an idea."""

import logging
from typing import Any

from django.conf import settings

from community.models import Untold
from community.tasks import sweep_searches, tell
from ideas.models import Event

logger = logging.getLogger(__name__)


def remember(instance: Event, created: bool, raw: bool = False, **_signal: Any) -> None:
    """In the transaction that writes the event: people have still to be told of it."""
    if created and not raw:
        Untold.note(instance)
        if instance.kind == Event.Kind.PUBLISHED and settings.CELERY_TASK_ALWAYS_EAGER:
            # Without a broker there is no clock either: this is when to look.
            sweep_searches.delay_on_commit()  # type: ignore[attr-defined]


def wake_up(event_id: int, **_signal: Any) -> None:
    """After that transaction: tell them now. Where this fails, the sweep does it."""
    try:
        tell.apply_async(args=(event_id,), retry=False)
    except Exception:
        logger.exception("Event %s waits for the sweep.", event_id)
