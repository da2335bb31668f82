"""The company's words, kept by administrators in Wagtail's admin."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import ObjectList, extract_panel_definitions_from_model_class
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from accounts.models import Entity, Profession, Region
from ideas.administration import ADMINISTERS_SEARCH
from ideas.models import Answer, Campaign, Channel, Idea, Moment, Theme
from search.synonyms import Synonyms


class SearchAdministration(ModelPermissionPolicy):  # type: ignore[misc]
    """Whatever is done, it takes the one permission to administer search."""

    def _get_permission_codename(self, action: str) -> str:
        return "administer_search"


register_permission_policy(Synonyms, SearchAdministration(Synonyms, auth_model=Idea))


class KeptKey(WagtailAdminModelForm):  # type: ignore[misc]
    """A word or a place whose key is chosen once: addresses, searches and documents hold it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"slug", "code"} & self.fields.keys():
            self.fields[name].disabled = bool(self.instance.pk)
            self.fields[name].help_text = _("Addresses and searches hold it: it does not change.")


class WordViewSet(SnippetViewSet):  # type: ignore[misc]
    list_per_page = 50

    def get_edit_handler(self) -> Any:
        panels = extract_panel_definitions_from_model_class(self.model)
        return ObjectList(panels, base_form_class=KeptKey).bind_to_model(self.model)


def viewset(
    snippet: type, sign: str, *columns: str, searched: tuple[str, ...] = ()
) -> type[SnippetViewSet]:
    named = [column for column in columns if column.startswith(("name", "title"))]
    return type(
        f"{snippet.__name__}ViewSet",
        (WordViewSet,),
        {
            "model": snippet,
            "icon": sign,
            "list_display": columns,
            "search_fields": [*named, *searched],
        },
    )


class WordsGroup(SnippetViewSetGroup):  # type: ignore[misc]
    menu_label = _("Words and places")
    menu_icon = "tag"
    menu_order = 200
    items = (
        viewset(Campaign, "calendar", "title_fr", "starts_on", "ends_on"),
        viewset(Theme, "tag", "name_fr", "name_en", "slug"),
        viewset(Moment, "time", "name_fr", "standard_fr"),
        viewset(Channel, "link", "name_fr", "name_en"),
        viewset(Answer, "comment", "title_fr", "purpose", "ground"),
        viewset(Synonyms, "search", "__str__", searched=("words",)),
        viewset(Profession, "user", "name_fr", "name_en"),
        viewset(Region, "globe", "name"),
        viewset(Entity, "home", "name", "code", "kind", "region"),
    )


register_snippet(WordsGroup)


class SearchItem(MenuItem):  # type: ignore[misc]
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(ADMINISTERS_SEARCH))


@hooks.register("register_admin_menu_item")  # type: ignore[untyped-decorator]
def search_item() -> MenuItem:
    return SearchItem(
        _("State of search"), reverse("ideas:search_state"), icon_name="search", order=210
    )
