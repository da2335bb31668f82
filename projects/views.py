from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from ideas.models import Idea, Refused
from projects.models import ProjectIndexPage, ProjectPage


class AdoptionForm(forms.Form):
    note = forms.CharField(max_length=2000, required=False)
    version = forms.IntegerField(required=False)
    project = forms.ModelChoiceField(ProjectPage.objects.all(), required=False)


@permission_required("ideas.adopt_idea", raise_exception=True)
@require_POST
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Adopt an idea into a new draft project or an existing one, and go where it continues."""
    idea = get_object_or_404(Idea, pk=pk)
    form = AdoptionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The adoption could not be read: try again."))
        return redirect("triage:review", pk=pk)
    index = get_object_or_404(ProjectIndexPage)
    by = cast(User, request.user)
    try:
        project = index.adopt(idea, by, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("triage:review", pk=pk)
    messages.success(
        request,
        _("Adopted. The draft of the project “%s” awaits its project lead.") % project.title,
    )
    if project.permissions_for_user(by).can_edit():
        return redirect("wagtailadmin_pages:edit", project.pk)
    return redirect("triage:review", pk=pk)
