from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea


class Vote(models.Model):
    """One person backs one idea. A vote is never moved: a group of merged ideas counts people."""

    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="votes"
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="one_vote_per_person")
        ]
        indexes = [models.Index(fields=["person", "-at"])]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.idea_id}"

    @classmethod
    def cast(cls, idea: "Idea", person: "User") -> bool:
        """Back the idea's group; False when this person backed it already."""
        with idea.locked_head() as head:
            head.check_votable(person)
            if cls.objects.filter(idea__in=head.group(), person=person).exists():
                return False
            vote = cls.objects.create(idea=head, person=person)
            head.add_support(vote.at)
            return True

    @classmethod
    def withdraw(cls, idea: "Idea", person: "User") -> bool:
        """Stop backing the idea's group; False when there was no vote."""
        with idea.locked_head() as head:
            mine = cls.objects.filter(idea__in=head.group(), person=person)
            members = list(mine.values_list("idea_id", flat=True))
            if not members:
                return False
            cls.objects.filter(idea__in=members, person=person).delete()
            for member in head.group().filter(pk__in=[*members, head.pk]).locked():
                member.recount()
            return True


def times_of_support(idea: "Idea") -> list[float]:
    """When each distinct person first backed the idea's group, in seconds since the epoch."""
    return [
        first.timestamp()
        for first in Vote.objects.filter(idea__in=idea.group())
        .values("person")
        .annotate(first=Min("at"))
        .values_list("first", flat=True)
    ]


class Reading(models.Model):
    """One person opened one idea: what support is measured against."""

    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="readings")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="readings"
    )

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="one_reading_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} read {self.idea_id}"

    @classmethod
    def note(cls, idea: "Idea", person: "User") -> None:
        """Count this person among those who opened the idea, once."""
        with transaction.atomic():
            _reading, created = cls.objects.get_or_create(idea=idea, person=person)
            if created:
                idea.add_view()
