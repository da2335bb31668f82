from decimal import Decimal

from django.db import models
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.models import Orderable

import charts


class Indicator(ClusterableModel, Orderable):  # type: ignore[misc]
    """What the project changes, in figures: where it started, where it should arrive."""

    class Kind(models.TextChoices):
        WAITING_TIME = "waiting-time", gettext_lazy("waiting time")
        NPS = "nps", gettext_lazy("NPS")
        MYSTERY_VISITS = "mystery-visits", gettext_lazy("mystery visits")
        SATISFACTION = "satisfaction", gettext_lazy("customer satisfaction")
        COMPLAINTS = "complaints", gettext_lazy("complaints")
        VISITS = "visits", gettext_lazy("visits")
        REVENUE = "revenue", gettext_lazy("revenue")
        RESULT = "result", gettext_lazy("operating result")
        OTHER = "other", gettext_lazy("other")

    class Better(models.TextChoices):
        LOWER = "lower", gettext_lazy("lower is better")
        HIGHER = "higher", gettext_lazy("higher is better")

    page = ParentalKey("projects.ProjectPage", on_delete=models.CASCADE, related_name="indicators")
    name = models.CharField(gettext_lazy("name"), max_length=120)
    kind = models.CharField(gettext_lazy("kind"), max_length=20, choices=Kind.choices)
    unit = models.CharField(
        gettext_lazy("unit"), max_length=20, help_text=gettext_lazy("min, %, points, €…")
    )
    better = models.CharField(gettext_lazy("direction"), max_length=6, choices=Better.choices)
    baseline = models.DecimalField(gettext_lazy("before"), max_digits=12, decimal_places=2)
    target = models.DecimalField(gettext_lazy("target"), max_digits=12, decimal_places=2)

    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("unit"), FieldPanel("better")]),
        FieldRowPanel([FieldPanel("baseline"), FieldPanel("target")]),
        InlinePanel("measurements", label=gettext_lazy("measurement")),
    ]

    class Meta(Orderable.Meta):  # type: ignore[misc]
        verbose_name = gettext_lazy("indicator")
        verbose_name_plural = gettext_lazy("indicators")

    def __str__(self) -> str:
        return self.name

    @property
    def series(self) -> list["Measurement"]:
        """The measurements, oldest first."""
        return sorted(self.measurements.all(), key=lambda measurement: measurement.on)

    @property
    def latest(self) -> Decimal | None:
        return self.series[-1].value if self.measurements.all() else None

    @property
    def change(self) -> Decimal | None:
        """The latest measurement against the baseline, in the indicator's unit."""
        return None if self.latest is None else self.latest - self.baseline

    @property
    def is_better(self) -> bool | None:
        """Whether it moved the right way; None before the first measurement or without change."""
        if not self.change:
            return None
        return (self.change < 0) == (self.better == self.Better.LOWER)

    @property
    def is_reached(self) -> bool:
        if self.latest is None:
            return False
        if self.better == self.Better.LOWER:
            return self.latest <= self.target
        return self.latest >= self.target

    @property
    def says(self) -> str:
        """Before, now and target in one sentence."""
        words = {
            "before": _number(self.baseline),
            "now": _number(self.latest),
            "target": _number(self.target),
            "unit": self.unit,
        }
        if self.latest is None:
            return _("Before: %(before)s %(unit)s. Target: %(target)s. Not measured yet.") % words
        if self.is_reached:
            return (
                _("From %(before)s to %(now)s %(unit)s: the target of %(target)s is reached.")
                % words
            )
        return _("From %(before)s to %(now)s %(unit)s: the target is %(target)s.") % words

    def chart(self) -> SafeString:
        points = [(charts.day_label(m.on), float(m.value)) for m in self.series]
        words = _("before"), _("target")
        return charts.against_target(
            points, float(self.baseline), float(self.target), self.unit, words
        )

    def table_columns(self) -> list[dict[str, object]]:
        return [
            {"label": _("Date"), "numeric": False},
            {"label": self.unit, "numeric": True},
            {"label": _("Sample"), "numeric": True},
            {"label": _("Source"), "numeric": True},
        ]

    def table_rows(self) -> list[list[str]]:
        return [
            [
                formats.date_format(m.on, "j F Y"),
                _number(m.value),
                "–" if m.sample is None else formats.localize(m.sample),
                m.source,
            ]
            for m in self.series
        ]


def _number(value: Decimal | None) -> str:
    if value is None:
        return ""
    # Written out: a large round number would otherwise come in exponents.
    said = formats.number_format(f"{value.normalize():f}", force_grouping=True)
    return said.replace("-", "\N{MINUS SIGN}")


class Measurement(Orderable):  # type: ignore[misc]
    indicator = ParentalKey(Indicator, on_delete=models.CASCADE, related_name="measurements")
    on = models.DateField(gettext_lazy("day"))
    value = models.DecimalField(gettext_lazy("value"), max_digits=12, decimal_places=2)
    sample = models.PositiveIntegerField(gettext_lazy("sample"), null=True, blank=True)
    source = models.CharField(
        gettext_lazy("source"),
        max_length=120,
        help_text=gettext_lazy("Mystery visits, tickets of the queue, certification audit…"),
    )

    panels = [
        FieldRowPanel([FieldPanel("on"), FieldPanel("value")]),
        FieldRowPanel([FieldPanel("source"), FieldPanel("sample")]),
    ]

    class Meta(Orderable.Meta):  # type: ignore[misc]
        verbose_name = gettext_lazy("measurement")
        verbose_name_plural = gettext_lazy("measurements")

    def __str__(self) -> str:
        return f"{self.on}: {self.value}"
