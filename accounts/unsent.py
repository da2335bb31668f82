"""A form that could not be taken is given back with all that was typed, to be sent again.

Nothing of it is kept on the server: docs/decisions/0007-unsent-forms.md.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import csrf

_TOKEN = "csrfmiddlewaretoken"  # noqa: S105


def can_give_back(request: HttpRequest) -> bool:
    """Something was filled in, and no password is written into a page."""
    names = {*request.POST, *request.FILES} - {_TOKEN}
    return bool(names) and not any("password" in name for name in names)


def give_back(request: HttpRequest, status: int) -> HttpResponse:
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != _TOKEN
    ]
    context = {
        "address": request.get_full_path(),
        "fields": fields,
        # The rest are keys, numbers and choices.
        "typed": [value for _name, value in fields if len(value.split()) > 1],
        # A browser does not let a page fill in a file.
        "files": list(request.FILES),
    }
    response = render(request, "unsent.html", context, status=status)
    add_never_cache_headers(response)
    return response


def page_of_form(request: HttpRequest) -> str:
    """The address of the page on which the form stood; empty where that is none of ours."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return page if ours else ""


def came_from(request: HttpRequest) -> str:
    """The same within the site; home where that is not known."""
    if page := page_of_form(request):
        return urlsplit(page)._replace(scheme="", netloc="").geturl()
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A sign-in in another tab made the form's token stale: whoever typed it may send it again.

    Words that another site sends are not shown with a button of ours.
    """
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if ours and can_give_back(request):
        return give_back(request, status=403)
    return csrf.csrf_failure(request, reason)
