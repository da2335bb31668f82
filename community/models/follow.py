from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas.models import Idea, Refused

if TYPE_CHECKING:
    from accounts.models import User


class Follow(models.Model):
    """What a person said about following an idea: yes or no.

    Where they said nothing, backing an idea means being told what becomes of it, and commenting
    on it means being told of comments too. Authors are told anyway: they have no row here, so
    that no row leads to the author of an anonymous idea.
    """

    idea = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="follows")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows"
    )
    wanted = models.BooleanField(_("follows"), default=True)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        constraints = [
            models.UniqueConstraint(fields=["idea", "person"], name="one_follow_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.idea_id}"

    @classmethod
    def choose(cls, idea: Idea, person: "User", wanted: bool) -> None:
        """Follow the idea's group from now on, or be told nothing more of it."""
        with idea.locked_head() as head:
            if head.group().of(person).exists():
                raise Refused(_("This idea is yours: you are told what becomes of it."), code="own")
            now = timezone.now()
            # Said once for the whole group, also where an idea was followed before its merge.
            cls.objects.filter(idea__in=head.group(), person=person).update(wanted=wanted, at=now)
            cls.objects.update_or_create(
                idea=head, person=person, defaults={"wanted": wanted, "at": now}
            )
