"""Comparisons of the index with the documents, made by a worker and kept with their result."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from search.engines.base import EngineUnavailable

if TYPE_CHECKING:
    from search.indexing import Comparison

logger = logging.getLogger(__name__)

# A comparison that has not ended by then never will: its worker is gone.
GIVEN_UP = timedelta(hours=2)
KEPT = 20
# Of what differs, so many keys are kept as examples.
EXAMPLES = 10
DIFFERENCES = ("missing", "outdated", "superfluous")
COUNTS = ("documents", "unanalysed", "waiting", "refused", "unembedded")


class Check(models.Model):
    """One comparison; `found` is what it found, `left` what a repair then left."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        AWAY = "away", _("the engine did not answer")
        FAILED = "failed", _("an error ended it: the server’s log has it")
        UNSENT = "unsent", _("no worker could be reached")
        LOST = "lost", _("it never ended: its worker is gone")

    repairs = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.RUNNING)
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    found = models.JSONField(null=True)
    left = models.JSONField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome"], condition=Q(outcome="running"), name="one_check_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}: {self.outcome}"

    @classmethod
    def start(cls, repairs: bool = False) -> bool:
        """Have a comparison made, and what differs repaired; False while another is under way."""
        now = timezone.now()
        lost = cls.objects.filter(outcome=cls.Outcome.RUNNING, asked_at__lt=now - GIVEN_UP)
        lost.update(outcome=cls.Outcome.LOST, ended_at=now)
        try:
            with transaction.atomic():
                started = cls.objects.create(repairs=repairs)
        except IntegrityError:
            return False
        transaction.on_commit(started.hand_over)
        return True

    def hand_over(self) -> None:
        """To a worker; where none can be told, it ends here and another one can be asked for."""
        from search.tasks import check

        try:
            check.delay(self.pk)
        except OperationalError as away:
            logger.warning("No worker could be told to compare the search index: %s", away)
            self.outcome, self.ended_at = self.Outcome.UNSENT, timezone.now()
            self.save(update_fields=["outcome", "ended_at"])

    def run(self) -> None:
        """Compare, repair where that was asked for, and keep the result; once."""
        if self.outcome != self.Outcome.RUNNING:
            return
        try:
            self._compare()
            outcome = self.Outcome.DONE
        except EngineUnavailable as away:
            logger.warning("The search index could not be compared: %s", away)
            outcome = self.Outcome.AWAY
        except Exception:
            logger.exception("The search index could not be compared.")
            outcome = self.Outcome.FAILED
        self.outcome, self.ended_at = outcome, timezone.now()
        self.save()
        kept = Check.objects.values("pk")[:KEPT]
        Check.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()

    def _compare(self) -> None:
        from search.indexing import compare, repair

        found = compare()
        self.found = _result(found)
        if self.repairs and found:
            repair(found)
            self.left = _result(compare())

    @property
    def differs(self) -> bool:
        """Whether something is to be repaired, as far as this comparison knows."""
        last = self.left or self.found
        return bool(last and last["differs"])


def _result(found: "Comparison") -> dict[str, Any]:
    """What is kept of a comparison: counts, and some keys of each kind of difference."""
    keys: dict[str, list[str]] = {name: sorted(getattr(found, name)) for name in DIFFERENCES}
    return {
        "differs": bool(found),
        **{name: getattr(found, name) for name in COUNTS},
        **{name: len(these) for name, these in keys.items()},
        "examples": {name: these[:EXAMPLES] for name, these in keys.items()},
    }
