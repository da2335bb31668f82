"""The company's words for what ideas are about: themes, moments of truth, channels, campaigns."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Label


class Theme(Label):
    """An irritant of customers or staff: waiting, complaints, delivery notices…"""

    description_fr = models.CharField(_("French description"), max_length=300, blank=True)
    description_en = models.CharField(_("English description"), max_length=300, blank=True)

    class Meta(Label.Meta):
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["name_fr"]

    @property
    def description(self) -> str:
        return self.description_en if get_language() == "en" else self.description_fr


class Moment(Label):
    """A moment of truth of the customer journey, with the service standard it is held to."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)
    standard_fr = models.CharField(_("French service standard"), max_length=300, blank=True)
    standard_en = models.CharField(_("English service standard"), max_length=300, blank=True)

    class Meta(Label.Meta):
        verbose_name = _("moment of truth")
        verbose_name_plural = _("moments of truth")
        ordering = ["position", "name_fr"]

    @property
    def standard(self) -> str:
        return self.standard_en if get_language() == "en" else self.standard_fr


class Channel(Label):
    """Where customer and company meet: counter, round, web, phone…"""

    class Meta(Label.Meta):
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name_fr"]


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running(self) -> Self:
        today = timezone.localdate()
        return self.filter(starts_on__lte=today, ends_on__gte=today)


class Campaign(models.Model):
    """A call for ideas on one question, from its first day to its last day, both included."""

    slug = models.SlugField(_("key"), unique=True)
    title_fr = models.CharField(_("French title"), max_length=120)
    title_en = models.CharField(_("English title"), max_length=120)
    question_fr = models.CharField(_("French question"), max_length=240)
    question_en = models.CharField(_("English question"), max_length=240)
    description_fr = models.TextField(_("French description"), blank=True)
    description_en = models.TextField(_("English description"), blank=True)
    themes = models.ManyToManyField(Theme, blank=True, verbose_name=_("themes"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-ends_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_start",
                violation_error_message=_("The last day comes before the first day."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"{reverse('ideas:list')}?campaign={self.slug}"

    @property
    def title(self) -> str:
        return self.title_en if get_language() == "en" else self.title_fr

    @property
    def name(self) -> str:
        return self.title

    @property
    def question(self) -> str:
        return self.question_en if get_language() == "en" else self.question_fr

    @property
    def description(self) -> str:
        return self.description_en if get_language() == "en" else self.description_fr

    @property
    def is_running(self) -> bool:
        return self.starts_on <= timezone.localdate() <= self.ends_on

    @property
    def days_left(self) -> int:
        return (self.ends_on - timezone.localdate()).days
