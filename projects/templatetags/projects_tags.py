from typing import Any

from django import template

from ideas.models import Idea
from projects.forms import AdoptionForm
from projects.models import ProjectIdea, ProjectPage

register = template.Library()
EDITOR = "wagtailadmin.access_admin"


@register.inclusion_tag("projects/recent.html")
def recent_projects(count: int = 3) -> dict[str, Any]:
    """The last published projects, as cards; `revisions` tells when these were rendered before."""
    projects = ProjectPage.objects.live().for_cards()[:count]
    return {
        "projects": projects,
        "revisions": list(projects.prefetch_related(None).values_list("pk", "live_revision")),
    }


@register.simple_tag(takes_context=True)
def projects_to_complete(context: dict[str, Any], count: int = 3) -> list[ProjectPage]:
    """The drafts that wait for this reader, if projects are his or her work."""
    reader = context["user"]
    if not reader.has_perm(EDITOR):
        return []
    return list(ProjectPage.objects.awaiting(reader)[:count])


@register.inclusion_tag("projects/adopt.html", takes_context=True)
def adoption(context: dict[str, Any], idea: Idea, tried: AdoptionForm | None) -> dict[str, Any]:
    """The form that adopts an idea; with what was typed where that was refused."""
    form = tried or AdoptionForm(auto_id="adopt_%s")
    names = ("queue", "csrf_token")
    return {"form": form, "idea": idea, **{name: context.get(name) for name in names}}


@register.inclusion_tag("projects/of_idea.html", takes_context=True)
def project_of(context: dict[str, Any], idea: Idea) -> dict[str, Any]:
    """The project that an adopted idea became: its page, or that it is being prepared."""
    if idea.state != Idea.State.ADOPTED:
        return {"project": None}
    may_edit = context["user"].has_perm(EDITOR)
    link = ProjectIdea.objects.filter(idea=idea).select_related("page__theme").first()
    return {"project": link.page if link else None, "may_edit": may_edit}
