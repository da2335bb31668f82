from typing import Any

from django import template

from ideas.models import Idea
from projects.models import ProjectIdea, ProjectPage

register = template.Library()


@register.inclusion_tag("projects/recent.html")
def recent_projects(count: int = 3) -> dict[str, Any]:
    """The last published projects, as cards."""
    return {"projects": list(ProjectPage.objects.live().for_cards()[:count])}


@register.inclusion_tag("projects/of_idea.html", takes_context=True)
def project_of(context: dict[str, Any], idea: Idea) -> dict[str, Any]:
    """The project that an adopted idea became: its page, or that it is being prepared."""
    if idea.state != Idea.State.ADOPTED:
        return {"project": None}
    link = ProjectIdea.objects.filter(idea=idea).select_related("page__theme").first()
    return {"project": link.page if link else None}
