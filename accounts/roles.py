"""The roles of the product: a role is a Django group with these permissions.

An employee needs no group: what every signed-in person may do is in the rules of `ideas`.
Permissions are named, not imported, because this app knows no other.
"""

from typing import Any

MODERATOR = "moderator"
EXPERT = "expert"
PROJECT_LEAD = "project-lead"
MANAGER = "manager"
ADMINISTRATOR = "administrator"

_TAXONOMY = [
    f"{app}.{verb}_{model}"
    for app, model in (
        ("ideas", "theme"),
        ("ideas", "moment"),
        ("ideas", "channel"),
        ("ideas", "campaign"),
        ("ideas", "answer"),
        ("accounts", "profession"),
        ("accounts", "region"),
        ("accounts", "entity"),
    )
    for verb in ("add", "change", "delete", "view")
]
_WAGTAIL = ["wagtailadmin.access_admin"]
_MEDIA = [
    "wagtailimages.add_image",
    "wagtailimages.change_image",
    "wagtailimages.choose_image",
    "wagtaildocs.add_document",
    "wagtaildocs.change_document",
    "wagtaildocs.choose_document",
]

PERMISSIONS: dict[str, list[str]] = {
    MODERATOR: ["ideas.moderate_idea", "ideas.adopt_idea", "reports.view_trendreport"],
    EXPERT: [],
    PROJECT_LEAD: ["reports.view_trendreport", *_WAGTAIL, *_MEDIA],
    MANAGER: ["reports.view_trendreport"],
    ADMINISTRATOR: [
        "ideas.moderate_idea",
        "ideas.adopt_idea",
        "ideas.administer_search",
        "reports.view_trendreport",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_user",
        *_TAXONOMY,
        *_WAGTAIL,
        *_MEDIA,
    ],
}


def grant_permissions(**_kwargs: Any) -> None:
    """Give every role exactly its permissions; run after each `migrate`."""
    from django.contrib.auth.models import Group, Permission

    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, names in PERMISSIONS.items():
        group, _created = Group.objects.get_or_create(name=role)
        # Wagtail keeps its page and collection permissions in tables of its own.
        group.permissions.set([known[name] for name in names if name in known])
