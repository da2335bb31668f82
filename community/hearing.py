"""How the community hears that something happened to an idea."""

import logging
from typing import Any

from community.models import Untold
from community.tasks import tell
from ideas.models import Event

logger = logging.getLogger(__name__)


def remember(instance: Event, created: bool, raw: bool = False, **_signal: Any) -> None:
    """In the transaction that writes the event: people have still to be told of it."""
    if created and not raw:
        Untold.note(instance)


def wake_up(event_id: int, **_signal: Any) -> None:
    """After that transaction: tell them now. Where this fails, the sweep does it."""
    try:
        tell.apply_async(args=(event_id,), retry=False)
    except Exception:
        logger.exception("Event %s waits for the sweep.", event_id)
