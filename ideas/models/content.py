from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Content(models.Model):
    """What an idea says, what it is about and where it comes from."""

    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"), max_length=5000)
    theme = models.ForeignKey(
        "ideas.Theme", on_delete=models.PROTECT, related_name="ideas", verbose_name=_("theme")
    )
    moment = models.ForeignKey(
        "ideas.Moment",
        on_delete=models.PROTECT,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("moment of truth"),
    )
    channel = models.ForeignKey(
        "ideas.Channel",
        on_delete=models.PROTECT,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("channel"),
    )
    campaign = models.ForeignKey(
        "ideas.Campaign",
        on_delete=models.SET_NULL,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("campaign"),
    )
    entity = models.ForeignKey(
        "accounts.Entity",
        on_delete=models.PROTECT,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("place"),
    )
    profession = models.ForeignKey(
        "accounts.Profession",
        on_delete=models.PROTECT,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("profession"),
    )
    photo = models.ImageField(_("photo"), upload_to="photos/%Y/%m/", blank=True)

    # Empty for an anonymous idea: its author is in `Seal`, encrypted.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="ideas",
        null=True,
        blank=True,
        verbose_name=_("author"),
    )
    is_anonymous = models.BooleanField(_("anonymous"), default=False)
    submission = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title
