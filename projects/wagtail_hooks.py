from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.pages.bulk_actions import PublishBulkAction
from wagtail.models import Page

from ideas.models import Refused
from projects.choosers import PersonChooserViewSet
from projects.models import ProjectPage


@hooks.register("before_publish_page")
def refuse_incomplete_project(request: HttpRequest, page: Page) -> HttpResponse | None:
    """What the editor typed is kept as a draft; the message says what is missing."""
    if not isinstance(page, ProjectPage):
        return None
    try:
        page.check_complete()
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None


# Wagtail's own of the same name comes first, and the last one counts.
@hooks.register("register_bulk_action", order=1)
class PublishComplete(PublishBulkAction):  # type: ignore[misc]
    """All the pages that were ticked, or none, and a message that says which lacks what."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            return cast(HttpResponse, super().form_valid(form))
        except Refused as refusal:
            nothing = gettext("Nothing was published.")
            messages.error(self.request, " ".join([nothing, *refusal.messages]))
            return redirect(self.next_url)


@hooks.register("register_admin_viewset")
def person_chooser() -> PersonChooserViewSet:
    return PersonChooserViewSet("person_chooser")


@hooks.register("register_admin_menu_item")
def way_back() -> MenuItem:
    return MenuItem(_("Back to Tournée"), reverse("home"), icon_name="arrow-left", order=1)


@hooks.register("insert_global_admin_css")
def our_colours() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("css/wagtail.css"))
