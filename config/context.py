from django.http import HttpRequest

PROJECTS = "/projets/"


def here(request: HttpRequest) -> dict[str, str]:
    """Which page this is, for the bars that mark it: the view's name, or that it is a project's."""
    if request.path.startswith(PROJECTS):
        return {"here": "projects"}
    match = request.resolver_match
    return {"here": match.view_name if match else ""}
