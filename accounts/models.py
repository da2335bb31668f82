"""People, the places where they work, and their professions."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Label(models.Model):
    """A word of the taxonomy, in both languages of the interface."""

    slug = models.SlugField(_("key"), unique=True)
    name_fr = models.CharField(_("French name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_fr


class Profession(Label):
    class Meta(Label.Meta):
        verbose_name = _("profession")
        verbose_name_plural = _("professions")
        ordering = ["name_fr"]


class Region(models.Model):
    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Entity(models.Model):
    """A place where people work: an office, a delivery or sorting centre, a department."""

    class Kind(models.TextChoices):
        POST_OFFICE = "post-office", _("post office")
        DELIVERY_CENTRE = "delivery-centre", _("delivery centre")
        SORTING_CENTRE = "sorting-centre", _("sorting centre")
        PARCEL_HUB = "parcel-hub", _("parcel hub")
        CALL_CENTRE = "call-centre", _("call centre")
        HEAD_OFFICE = "head-office", _("head office")

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="entities", verbose_name=_("region")
    )

    class Meta:
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A member of staff; the user name is the staff number of the directory."""

    entity = models.ForeignKey(
        Entity,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("entity"),
    )
    profession = models.ForeignKey(
        Profession,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("profession"),
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.username[:2].upper()
