from typing import Self

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class AnswerQuerySet(models.QuerySet["Answer"]):
    def declines(self) -> Self:
        return self.filter(purpose=Answer.Purpose.DECLINE)

    def questions(self) -> Self:
        return self.filter(purpose=Answer.Purpose.ASK)


class Answer(models.Model):
    """A text that moderators start from when they write to an author; they change it at will."""

    class Purpose(models.TextChoices):
        DECLINE = "decline", _("decline an idea")
        ASK = "ask", _("ask for details")

    class Ground(models.TextChoices):
        ALREADY_DONE = "already-done", _("Done or under way already")
        TESTED = "tested", _("Tried without success")
        REGULATION = "regulation", _("Law or regulation")
        SAFETY = "safety", _("Safety")
        COST = "cost", _("Cost")
        NOT_OURS = "not-ours", _("Not ours to decide")
        OUT_OF_SCOPE = "out-of-scope", _("Outside this platform")
        TOO_VAGUE = "too-vague", _("Not precise enough")
        OTHER = "other", _("Another reason")

    slug = models.SlugField(_("key"), unique=True)
    purpose = models.CharField(_("what for"), max_length=10, choices=Purpose.choices)
    ground = models.CharField(
        _("kind of reason"), max_length=20, choices=Ground.choices, blank=True
    )
    title_fr = models.CharField(_("French title"), max_length=120)
    title_en = models.CharField(_("English title"), max_length=120, blank=True)
    body_fr = models.TextField(_("French text"))
    body_en = models.TextField(_("English text"), blank=True)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer of moderators")
        verbose_name_plural = _("answers of moderators")
        ordering = ["purpose", "ground", "title_fr"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return (self.title_en if get_language() == "en" else "") or self.title_fr

    @property
    def body(self) -> str:
        """In the language of the moderator; the French one where there is no other."""
        return (self.body_en if get_language() == "en" else "") or self.body_fr
