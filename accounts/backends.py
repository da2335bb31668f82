from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef

from accounts.models import Entity, User
from prepared import Prepared

_PERSON = [field.attname for field in User._meta.concrete_fields]
_PLACE = [field.attname for field in Entity._meta.concrete_fields]
_PERSON_WITH_PLACE_AND_ROLE = Prepared(
    lambda about, _among: User.objects.filter(pk=about).values_list(
        Exists(User.groups.through.objects.filter(user=OuterRef("pk"))),
        Exists(User.user_permissions.through.objects.filter(user=OuterRef("pk"))),
        *_PERSON,
        *(f"entity__{name}" for name in _PLACE),
    )
)


class StaffBackend(AuthenticationBackend):  # type: ignore[misc]
    """A person with what every page shows of them: where they work, and whether they have a role.

    In one query. Most of the staff have no role: what they may do is not asked of the database.
    """

    def get_user(self, user_id: Any) -> User | None:
        rows = _PERSON_WITH_PLACE_AND_ROLE.rows(user_id)
        if not rows:
            return None
        in_groups, in_person, *values = rows[0]
        person = User.from_db(DEFAULT_DB_ALIAS, _PERSON, values[: len(_PERSON)])
        if not self.user_can_authenticate(person):
            return None
        place = values[len(_PERSON) :]
        person.entity = Entity.from_db(DEFAULT_DB_ALIAS, _PLACE, place) if place[0] else None
        if not (in_groups or in_person or person.is_superuser):
            # Where Django keeps what it has found out.
            for name in ("_user_perm_cache", "_group_perm_cache", "_perm_cache"):
                setattr(person, name, set())
        return person
