from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class IdeasConfig(AppConfig):
    name = "ideas"
    verbose_name = _("Ideas")

    def ready(self) -> None:
        from accounts.models import Entity
        from ideas.models import Campaign

        post_save.connect(_renew_copies, sender=Entity, dispatch_uid="ideas.moved")
        post_delete.connect(_renew_copies, sender=Campaign, dispatch_uid="ideas.gone")


def _renew_copies(created: bool = False, **_kwargs: Any) -> None:
    from ideas.tasks import renew_copies

    # No idea is of a new place yet.
    if not created:
        renew_copies.delay_on_commit()  # type: ignore[attr-defined]
