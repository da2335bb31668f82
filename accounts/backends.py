from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from accounts.models import Entity, User
from prepared import Prepared

_COLUMNS = [field.attname for field in Entity._meta.concrete_fields]
_PLACE_AND_ROLE = Prepared(
    lambda about, _among: User.objects.filter(pk=about).values_list(
        Exists(User.groups.through.objects.filter(user=OuterRef("pk"))),
        Exists(User.user_permissions.through.objects.filter(user=OuterRef("pk"))),
        *(f"entity__{name}" for name in _COLUMNS),
    )
)


class StaffBackend(AuthenticationBackend):  # type: ignore[misc]
    """A person with what every page shows of them: where they work, and whether they have a role.

    Most of the staff have none: what they may do is not asked of the database again.
    """

    def get_user(self, user_id: Any) -> User | None:
        person: User | None = super().get_user(user_id)
        if person is None:
            return None
        [(in_groups, in_person, *place)] = _PLACE_AND_ROLE.rows(person.pk)
        person.entity = Entity.from_db(person._state.db, _COLUMNS, place) if place[0] else None
        if not (in_groups or in_person or person.is_superuser):
            # Where Django keeps what it has found out.
            for name in ("_user_perm_cache", "_group_perm_cache", "_perm_cache"):
                setattr(person, name, set())
        return person
