"""What people are told, and what they have not been told yet."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import audience
from ideas.models import Event

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

BATCH = 2_000


class Notification(models.Model):
    """One person is told of one event, once, because of what the idea is to them."""

    Because = audience.Because

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    event = models.ForeignKey("ideas.Event", on_delete=models.CASCADE, related_name="notifications")
    because = models.CharField(_("because"), max_length=10, choices=Because.choices)
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["person", "event"], name="told_once"),
        ]
        indexes = [
            models.Index(
                fields=["person"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} ← {self.event_id}"


class UntoldQuerySet(models.QuerySet["Untold"]):
    def tell(self) -> int:
        """Tell of each of these events; how many could be. One that fails stays for later."""
        told = 0
        for event_id in list(self.order_by("event_id").values_list("event_id", flat=True)):
            try:
                told += Untold.tell(event_id)
            except Exception:
                logger.exception("Nobody could be told of event %s yet.", event_id)
        return told


class Untold(models.Model):
    """An event of which people have still to be told.

    Written in the event's own transaction and deleted in the one that tells people. So whatever
    was committed is told exactly once, in whichever order transactions end, and what waits is
    found without reading the events of all time.
    """

    event = models.OneToOneField("ideas.Event", on_delete=models.CASCADE, primary_key=True)

    objects = UntoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("untold event")
        verbose_name_plural = _("untold events")

    def __str__(self) -> str:
        return f"event {self.event_id}"

    @classmethod
    def note(cls, event: Event) -> None:
        """Remember, in the transaction that records the event, to tell people of it."""
        if event.kind in audience.TOLD:
            cls.objects.create(event=event)

    @classmethod
    def tell(cls, event_id: int) -> bool:
        """Tell everybody concerned; False when it was done already or is being done."""
        with transaction.atomic():
            waiting = cls.objects.select_for_update(skip_locked=True)
            claimed = waiting.filter(event_id=event_id).first()
            if claimed is None:
                return False
            claimed.delete()
            event = Event.objects.select_related("idea").get(pk=event_id)
            Notification.objects.bulk_create(
                (
                    Notification(person_id=person, event=event, because=because)
                    for person, because in audience.of(event).items()
                ),
                batch_size=BATCH,
                ignore_conflicts=True,
            )
            return True


class LastLook(models.Model):
    """Up to which event a person has seen their news, whichever ideas these were about.

    The author of an anonymous idea is told without a row that names the idea: what is new to them
    is what happened after this.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    event_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("last look at the news")
        verbose_name_plural = _("last looks at the news")

    def __str__(self) -> str:
        return f"{self.person_id}: {self.event_id}"

    @classmethod
    def note(cls, person: "User", event_id: int) -> None:
        """This person has seen all news up to this event."""
        with transaction.atomic():
            look, _created = cls.objects.select_for_update().get_or_create(person=person)
            if event_id > look.event_id:
                look.event_id = event_id
                look.save(update_fields=["event_id"])
            Notification.objects.filter(
                person=person, event_id__lte=event_id, read_at__isnull=True
            ).update(read_at=timezone.now())


def mark_told(before: datetime) -> int:
    """Tell nobody of what happened before this time; how many events that is.

    Events written in bulk are never told of: this is for history that was recorded one by one.
    """
    return Untold.objects.filter(event__at__lt=before).delete()[0]


def mark_untold(since: datetime) -> int:
    """Have people told of what was written in bulk and happened since; how many events."""
    events = Event.objects.filter(at__gte=since, kind__in=audience.TOLD)
    waiting = [
        Untold(event_id=pk) for pk in events.filter(notifications=None).values_list("pk", flat=True)
    ]
    Untold.objects.bulk_create(waiting, batch_size=BATCH, ignore_conflicts=True)
    return len(waiting)
