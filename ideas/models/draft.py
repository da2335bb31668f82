import uuid
from collections.abc import Container
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.files.base import File
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class DraftQuerySet(models.QuerySet["Draft"]):
    def kept(self) -> Self:
        return self.filter(discarded_at__isnull=True)

    def discarded(self) -> Self:
        """Deleted by their owner, who can still take that back."""
        return self.filter(discarded_at__isnull=False)


class Draft(models.Model):
    """What a person has typed so far; its key also makes a double submission one idea."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    seq = models.PositiveIntegerField(default=0)
    typed = models.JSONField(default=dict)
    # A photo cannot be typed again: it waits here while the rest of the form is put right.
    photo = models.ImageField(_("photo"), upload_to="drafts/", blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return str(self.typed.get("title") or self.key)

    @classmethod
    def keep(
        cls,
        owner: "User",
        key: uuid.UUID,
        seq: int,
        typed: dict[str, Any],
        after: Container[int] | None = None,
    ) -> bool:
        """Save what was typed unless something newer is there; False when it is not kept.

        `after`: the numbers that it may follow; any other was typed elsewhere meanwhile.
        """
        # PostgreSQL can keep every character but this one, and nobody can type it.
        typed = {name: _without_nul(value) for name, value in typed.items()}
        with transaction.atomic():
            draft, created = cls.objects.select_for_update().get_or_create(
                key=key, defaults={"owner": owner, "seq": seq, "typed": typed}
            )
            if draft.owner_id != owner.pk:
                raise cls.DoesNotExist
            if created:
                return True
            if typed != draft.typed:
                if seq <= draft.seq or (after is not None and draft.seq not in after):
                    return False
                draft.discarded_at = None
            draft.seq, draft.typed = max(seq, draft.seq), typed
            draft.save(update_fields=["seq", "typed", "discarded_at", "updated_at"])
            return True

    def keep_photo(self, photo: "File[bytes] | None") -> None:
        """Replace the photo; None takes it away."""
        before = self.photo.name
        self.photo = photo
        self.save(update_fields=["photo"])
        self._forget_file(before)

    def discard(self) -> None:
        """Put aside what `restore` brings back; what was discarded before is gone for good."""
        with transaction.atomic():
            for older in Draft.objects.discarded().filter(owner_id=self.owner_id):
                if older.pk != self.pk:
                    older.delete()
            self.discarded_at = timezone.now()
            self.save(update_fields=["discarded_at"])

    def restore(self) -> None:
        self.discarded_at = None
        self.save(update_fields=["discarded_at"])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._forget_file(self.photo.name)
        return super().delete(*args, **kwargs)

    def _forget_file(self, name: str | None) -> None:
        if name:
            transaction.on_commit(partial(self.photo.storage.delete, name))


def _without_nul(value: Any) -> Any:
    return value.replace("\x00", "") if isinstance(value, str) else value
