from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas.events import recorded

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea


class EventQuerySet(models.QuerySet["Event"]):
    def decisions(self) -> Self:
        """What moderators decided."""
        return self.filter(kind__in=Event.DECISIONS)

    def standing(self) -> Self:
        """The decisions that hold now: an idea knows when the one that holds was taken."""
        return self.decisions().filter(idea__decided_at=F("at"))


class Event(models.Model):
    """What happened to an idea: written once, in the transaction that did it, never changed."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        REVISED = "revised", _("revised by its author")
        PUBLISHED = "published", _("published")
        DETAILS_ASKED = "details-asked", _("details asked for")
        DETAILS_GIVEN = "details-given", _("details given")
        DECLINED = "declined", _("declined")
        REOPENED = "reopened", _("reopened")
        MERGED = "merged", _("merged into another idea")
        ABSORBED = "absorbed", _("another idea merged into this one")
        UNMERGED = "unmerged", _("merge undone")
        RELEASED = "released", _("another idea is no longer merged into this one")
        ADOPTED = "adopted", _("adopted")
        PROJECT_PUBLISHED = "project-published", _("its project was published")
        COMMENTED = "commented", _("commented")
        WITHDRAWN = "withdrawn", _("withdrawn by its author")

    DECISIONS = (
        Kind.PUBLISHED,
        Kind.DETAILS_ASKED,
        Kind.DECLINED,
        Kind.MERGED,
        Kind.ADOPTED,
    )

    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Empty for what the author of an anonymous idea did.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    reason = models.TextField(_("reason"), blank=True)
    before = models.CharField(_("state before"), max_length=20, blank=True)
    after = models.CharField(_("state after"), max_length=20, blank=True)
    other = models.ForeignKey("ideas.Idea", on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [models.Index(fields=["idea", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.idea_id}"

    @classmethod
    def record(cls, idea: "Idea", kind: str, actor: "User | None" = None, **facts: Any) -> "Event":
        """Write the event; `facts` are its other fields (reason, before, after, other, data)."""
        event = cls.objects.create(idea=idea, kind=kind, actor=actor, **facts)

        # Django names what failed in its log: a function has a name, a partial has none.
        def tell() -> None:
            recorded.send(sender=cls, event_id=event.pk)

        transaction.on_commit(tell, robust=True)
        return event
