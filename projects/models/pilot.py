from django.core.exceptions import ValidationError
from django.db import models
from django.forms import CheckboxSelectMultiple
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable


class Pilot(ClusterableModel, Orderable):  # type: ignore[misc]
    """A trial of the project in named places, between two days."""

    page = ParentalKey("projects.ProjectPage", on_delete=models.CASCADE, related_name="pilots")
    name = models.CharField(_("name"), max_length=120)
    entities = ParentalManyToManyField("accounts.Entity", verbose_name=_("places"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    description = models.TextField(_("what is tried, and how"), blank=True)

    panels = [
        FieldPanel("name"),
        FieldPanel("entities", widget=CheckboxSelectMultiple(attrs={"class": "tournee-places"})),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
        FieldPanel("description"),
    ]

    class Meta(Orderable.Meta):  # type: ignore[misc]
        verbose_name = _("pilot")
        verbose_name_plural = _("pilots")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The last day comes before the first day.")})

    @property
    def is_running(self) -> bool:
        today = timezone.localdate()
        return self.starts_on <= today and (self.ends_on is None or today <= self.ends_on)
