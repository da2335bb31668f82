from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from ideas.models import Conflict, Idea, Refused
from ideas.triage.views import review_page
from projects.forms import AdoptionForm
from projects.models import ProjectIndexPage, ProjectPage


@permission_required("ideas.adopt_idea", raise_exception=True)
@require_POST
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Adopt an idea into a new draft project or an existing one, and go where it continues."""
    idea = get_object_or_404(Idea, pk=pk)
    index = get_object_or_404(ProjectIndexPage)
    form = AdoptionForm(request.POST, auto_id="adopt_%s")
    status = 422
    if form.is_valid():
        try:
            project = index.adopt(idea, cast(User, request.user), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal)
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            return _onward(request, idea, project)
    return review_page(request, pk, {"adopt": form}, status)


def _onward(request: HttpRequest, idea: Idea, project: ProjectPage) -> HttpResponse:
    messages.success(
        request,
        _("Adopted. The draft of the project “%s” awaits its project lead.") % project.title
        if not project.live
        else _("Adopted: the idea stands on the page of the project “%s”.") % project.title,
    )
    if project.permissions_for_user(cast(User, request.user)).can_edit():
        return redirect("wagtailadmin_pages:edit", project.pk)
    return redirect("triage:review", pk=idea.pk)
