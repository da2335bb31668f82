"""The place of projects in Wagtail's tree, and what follows when a page is published."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission, Locale, Page, Revision, Site

from accounts.roles import ADMINISTRATOR, PROJECT_LEAD
from projects.models import ProjectIndexPage, ProjectPage

EDITING = ("add_page", "change_page", "publish_page")


def ensure_project_index(**_kwargs: Any) -> None:
    """Make the index of projects with its site and editors' rights, where they are missing."""
    if ProjectIndexPage.objects.exists():
        return
    locale, _created = Locale.objects.get_or_create(language_code="fr")
    root = Page.get_first_root_node() or Page.add_root(
        instance=Page(title="Root", slug="root", locale=locale)
    )
    home = root.get_children().first() or root.add_child(
        instance=Page(title="Tournée", slug="tournee", locale=locale)
    )
    index = home.add_child(
        instance=ProjectIndexPage(
            title="Les projets",
            slug="projets",
            introduction="<p>Des idées du terrain devenues des projets : ce que nous essayons, où, "
            "et ce que cela change.</p>",
            locale=locale,
        )
    )
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": home, "site_name": "Tournée"},
    )
    for role in (PROJECT_LEAD, ADMINISTRATOR):
        group, _created = Group.objects.get_or_create(name=role)
        for codename in EDITING:
            permission = Permission.objects.get(
                content_type__app_label="wagtailcore", codename=codename
            )
            GroupPagePermission.objects.get_or_create(
                group=group, page=index, permission=permission
            )


def tell_ideas(instance: ProjectPage, **_kwargs: Any) -> None:
    """Whoever backed the ideas hears of the publication through their events."""
    revision = instance.latest_revision
    instance.tell(revision.user if revision else None)


def check_scheduled(instance: Revision, **_kwargs: Any) -> None:
    """A version that waits for its day is complete now: on that day nobody is there to mend it."""
    if instance.approved_go_live_at:
        page = instance.as_object()
        if isinstance(page, ProjectPage):
            page.check_complete()
