"""A moderator's word that two ideas are not the same."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideas.models.state import Conflict, Refused
from search.models import Document
from search.pairs import ordered

if TYPE_CHECKING:
    from accounts.models import User
    from ideas.models.idea import Idea


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def standing(self) -> Self:
        return self.filter(undone_at__isnull=True)

    def about(self, idea: "Idea") -> Self:
        return self.filter(Q(one=idea) | Q(other=idea))

    def others_than(self, idea: "Idea", keys: Collection[int]) -> set[int]:
        """Of the ideas with these keys, those that were told apart from this one."""
        rows = self.standing().about(idea).filter(Q(one__in=keys) | Q(other__in=keys))
        ends = rows.values_list("one", "other")
        return {key for pair in ends for key in pair} - {idea.pk}


class Verdict(models.Model):
    """Two ideas are not the same: kept with who and when, and not proposed again.

    It holds for the texts that were read. The ideas stand in the order of `search.pairs.ordered`.
    """

    one = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("ideas.Idea", on_delete=models.CASCADE, related_name="+")
    one_hash = models.CharField(max_length=64)
    other_hash = models.CharField(max_length=64)
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["one", "other", "one_hash", "other_hash"],
                condition=Q(undone_at__isnull=True),
                name="one_verdict_on_two_texts",
            ),
            models.CheckConstraint(condition=~Q(one=F("other")), name="verdict_on_two_ideas"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"

    @classmethod
    def tell_apart(
        cls, idea: "Idea", other: "Idea", by: "User", versions: tuple[int | None, int | None]
    ) -> "Verdict":
        """Say that the two are not the same; `versions` are those that were read.

        The second of two moderators who say so at once gets the first one's verdict.
        """
        if not by.has_perm("ideas.moderate_idea"):
            raise PermissionDenied
        if idea.pk == other.pk:
            raise Refused(_("An idea is the same as itself."), code="self")
        with transaction.atomic():
            rows = {
                row.pk: row
                for row in type(idea).objects.locked().filter(pk__in=[idea.pk, other.pk])
            }
            for read, version in zip((idea, other), versions, strict=True):
                rows[read.pk].check_version(version)
                if rows[read.pk].is_merged:
                    raise Conflict(_("This idea is merged into another one."), code="merged")
            keys = ordered(str(idea.pk), str(other.pk))
            hashes = dict(Document.objects.filter(pk__in=keys).values_list("pk", "text_hash"))
            verdict, _created = cls.objects.standing().get_or_create(
                one_id=int(keys[0]),
                other_id=int(keys[1]),
                one_hash=hashes[keys[0]],
                other_hash=hashes[keys[1]],
                defaults={"judge": by},
            )
        return verdict

    def undo(self, by: "User") -> None:
        """Take it back: the two may be proposed again."""
        if not by.has_perm("ideas.moderate_idea"):
            raise PermissionDenied
        changed = Verdict.objects.standing().filter(pk=self.pk)
        if not changed.update(undone_by=by, undone_at=timezone.now()):
            raise Conflict(_("This has already been taken back."), code="undone")

    def than(self, idea: "Idea") -> "Idea":
        """The other of the two."""
        return self.other if self.one_id == idea.pk else self.one
