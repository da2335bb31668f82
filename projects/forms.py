from django import forms
from django.utils.translation import gettext_lazy as _

from ideas.triage.forms import DecisionForm
from projects.models import ProjectPage


class AdoptionForm(DecisionForm):
    """Adopting an idea; without a `project`, a new one is made from it."""

    project = forms.ModelChoiceField(
        ProjectPage.objects.order_by("title"),
        label=_("Project"),
        required=False,
        empty_label=_("A new one, made from this idea"),
    )
    note = forms.CharField(
        label=_("A word for the author"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
