"""Which state an idea is in, and from which states a moderator may take which decision."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    SUBMITTED = "submitted", _("awaiting moderation")
    NEEDS_DETAILS = "needs-details", _("details asked for")
    PUBLISHED = "published", _("published")
    DECLINED = "declined", _("declined")
    ADOPTED = "adopted", _("adopted")
    WITHDRAWN = "withdrawn", _("withdrawn")


_OPEN = frozenset({State.SUBMITTED, State.NEEDS_DETAILS, State.PUBLISHED})

DECIDABLE: dict[str, frozenset[State]] = {
    "publish": frozenset({State.SUBMITTED, State.NEEDS_DETAILS}),
    "ask": frozenset({State.SUBMITTED}),
    "decline": _OPEN,
    "merge": _OPEN,
    "adopt": frozenset({State.SUBMITTED, State.PUBLISHED}),
    "reopen": frozenset({State.PUBLISHED, State.DECLINED, State.NEEDS_DETAILS}),
}


class Refused(ValidationError):
    """A rule says no; the message is meant for the person who asked."""


class Conflict(Refused):
    """Somebody else changed the idea since the person looked at it."""
