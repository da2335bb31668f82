"""Which fit of the scorer is in use, and from which probabilities on pairs are shown."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from pieces.memory import Memory, shared
from search.similarity import BANDS, Weights, shipped, weights

if TYPE_CHECKING:
    from accounts.models import User

KEPT, KEPT_SECONDS = "search:scorer", 60
# This process remembers for a moment what all processes know.
_near = Memory[Weights](1, 1.0)


class Calibration(models.Model):
    """A fit of the scorer to labelled pairs. The newest is in use, before the shipped one.

    `fit` has the form of `search/data/similarity.json`: weights, thresholds, curve, and from which
    data they come.
    """

    made_at = models.DateTimeField(default=timezone.now)
    fit = models.JSONField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"calibration {self.pk}"

    @classmethod
    def store(cls, fit: Mapping[str, Any]) -> "Calibration":
        """Put a fit to use."""
        with transaction.atomic():
            made = cls.objects.create(fit=dict(fit))
            transaction.on_commit(forget)
        return made


class Thresholds(models.Model):
    """From which probability on a pair is shown, chosen by an administrator for one fit.

    Rows are only added: the newest of the fit in use counts, and the others say what was before.
    """

    scorer = models.CharField(max_length=60)
    warn = models.FloatField()
    propose = models.FloatField()
    certain = models.FloatField()
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(warn__gt=0, propose__gt=F("warn"), certain__gt=F("propose"))
                & Q(certain__lt=1),
                name="thresholds_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scorer}: {self.warn} {self.propose} {self.certain}"

    @property
    def bands(self) -> tuple[float, ...]:
        return tuple(getattr(self, band) for band in BANDS)

    @classmethod
    def choose(cls, by: "User", **levels: float) -> "Thresholds":
        """Use these levels (warn, propose, certain) with the present fit from now on."""
        if not by.has_perm("ideas.administer_search"):
            raise PermissionDenied
        with transaction.atomic():
            chosen = cls.objects.create(scorer=scorer().name, chosen_by=by, **levels)
            transaction.on_commit(forget)
        return chosen


def scorer() -> Weights:
    """The fit in use: the newest calibration or else the shipped one, with chosen thresholds."""
    return _near.get_or_make(KEPT, _known_to_all)


def _known_to_all() -> Weights:
    name, fit, bands = shared(KEPT, KEPT_SECONDS, _in_use)
    made = Weights.of(fit, name) if fit else weights()
    return replace(made, bands=bands) if bands else made


def details() -> tuple[str, Mapping[str, Any]]:
    """The name of the fit in use, and everything that is known of it."""
    newest = Calibration.objects.last()
    return (newest.name, newest.fit) if newest else (weights().name, shipped())


def forget() -> None:
    """Look at the tables again: after they were changed."""
    cache.delete(KEPT)
    _near.clear()


def _in_use() -> tuple[str, dict[str, Any], tuple[float, ...]]:
    name, fit = details()
    chosen = Thresholds.objects.filter(scorer=name).last()
    needed = ("with_meaning", "without_meaning", "bands", "worth")
    own = {} if name == weights().name else {part: fit[part] for part in needed}
    return name, own, chosen.bands if chosen else ()
