from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ideas.triage.views import decide
from ideas.views.reading import person
from projects.forms import AdoptionForm
from projects.models import ProjectIndexPage, ProjectPage


@permission_required("ideas.adopt_idea", raise_exception=True)
@require_POST
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Adopt an idea into a new draft project or an existing one, and go where it continues."""
    me, index = person(request), get_object_or_404(ProjectIndexPage)

    def onward(request: HttpRequest, project: ProjectPage) -> HttpResponse:
        _say(request, project)
        if project.permissions_for_user(me).can_edit():
            return redirect("wagtailadmin_pages:edit", project.pk)
        return redirect("triage:review", pk=pk)

    form = AdoptionForm(request.POST, auto_id="adopt_%s")
    return decide(
        request, pk, "adopt", form, lambda idea, data: index.adopt(idea, me, **data), onward
    )


def _say(request: HttpRequest, project: ProjectPage) -> None:
    messages.success(
        request,
        _("Adopted. The draft of the project “%s” awaits its project lead.") % project.title
        if not project.live
        else _("Adopted: the idea stands on the page of the project “%s”.") % project.title,
    )
