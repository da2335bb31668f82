from typing import Any, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef

from accounts.models import User
from prepared import PreparedObjects

_PERSON_WITH_PLACE_AND_ROLE = PreparedObjects(
    lambda pk, _among: (
        User.objects.filter(pk=pk)
        .select_related("entity")
        .annotate(
            has_group=Exists(User.groups.through.objects.filter(user=OuterRef("pk"))),
            has_permission=Exists(
                User.user_permissions.through.objects.filter(user=OuterRef("pk"))
            ),
        )
    )
)


class StaffBackend(AuthenticationBackend):  # type: ignore[misc]
    """A person with what every page shows of them: where they work, and whether they have a role.

    In one query. Most of the staff have no role: what they may do is not asked of the database.
    """

    def get_user(self, user_id: Any) -> User | None:
        person = _PERSON_WITH_PLACE_AND_ROLE.get(user_id)
        if person is None or not self.user_can_authenticate(person):
            return None
        if not (person.has_group or person.has_permission or person.is_superuser):
            # Where Django keeps what it has found out.
            for name in ("_user_perm_cache", "_group_perm_cache", "_perm_cache"):
                setattr(person, name, set())
        return cast(User, person)
