"""How people are chosen in Wagtail's admin: found by name among all staff, never listed in full."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.chooser import BaseChooseView, ChooseResultsView, ChooseView
from wagtail.admin.viewsets.chooser import ChooserViewSet

from accounts.models import User


class PeopleFilter(BaseFilterForm):  # type: ignore[misc]
    q = forms.CharField(label=_("Name or staff number"), required=False)

    def filter(self, people: Any) -> Any:
        self.search_query = self.cleaned_data["q"].strip()
        self.is_searching = bool(self.search_query)
        for word in self.search_query.split():
            names = Q(first_name__icontains=word) | Q(last_name__icontains=word)
            people = people.filter(names | Q(username__iexact=word))
        return people


class PeopleMixin(BaseChooseView):  # type: ignore[misc]
    filter_form_class = PeopleFilter
    ordering = ["last_name", "first_name", "pk"]

    def get_object_list(self) -> Any:
        return User.objects.filter(is_active=True).select_related("entity")

    @property
    def columns(self) -> list[Any]:
        return [self.title_column, Column("username", label=_("Staff number")), Column("entity")]


class ChoosePeople(PeopleMixin, ChooseView):  # type: ignore[misc]
    pass


class ChoosePeopleResults(PeopleMixin, ChooseResultsView):  # type: ignore[misc]
    pass


class PersonChooserViewSet(ChooserViewSet):  # type: ignore[misc]
    model = User
    icon = "user"
    choose_view_class = ChoosePeople
    choose_results_view_class = ChoosePeopleResults
    choose_one_text = _("Choose a person")
    choose_another_text = _("Choose somebody else")
