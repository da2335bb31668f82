from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports import figures

FRESH = timedelta(hours=1)
PERIODS = (3, 6, 12)


class TrendReport(models.Model):
    """What staff said over the last months: counted once, shown to many."""

    months = models.PositiveSmallIntegerField(_("months"))
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    data = models.JSONField()

    class Meta:
        verbose_name = _("trend report")
        verbose_name_plural = _("trend reports")
        get_latest_by = "made_at"
        indexes = [models.Index(fields=["months", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.months} months at {self.made_at:%Y-%m-%d %H:%M}"

    @classmethod
    def make(cls, months: int, now: datetime | None = None) -> "TrendReport":
        now = now or timezone.now()
        # Whoever reads one has it in hand; nobody asks for an older one.
        cls.objects.filter(months=months, made_at__lt=now - FRESH).delete()
        return cls.objects.create(months=months, made_at=now, data=figures.count(months, now))

    @classmethod
    def current(cls, months: int) -> "TrendReport":
        """The newest report of that length; a new one where there is none less than an hour old."""
        fresh = cls.objects.filter(months=months, made_at__gt=timezone.now() - FRESH)
        return fresh.order_by("-made_at").first() or cls.make(months)

    def table(self, name: str) -> list[dict[str, Any]]:
        return list(self.data[name])
