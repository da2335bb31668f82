from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from accounts.unsent import came_from, can_give_back, give_back

GetResponse = Callable[[HttpRequest], HttpResponse]


class ChosenLanguageMiddleware:
    """French unless the person chose English: the browser's own language does not decide.

    Shared desktops at the counter come with whatever language their image was made in.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Signed out, one gets the page after the sign-in, and a form back with what was typed."""

    def handle_no_permission(  # type: ignore[override]  # the stubs know redirects only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        if "HX-Request" in request.headers:
            # What was typed is still on the page, which says what to do.
            return HttpResponse(status=401)
        if can_give_back(request):
            return give_back(request, status=401)
        # After the sign-in its own address would be asked for as a page.
        return redirect_to_login(came_from(request))


class WayOnMiddleware:
    """Where only forms are taken, a browser that asks for a page is led to the one above.

    A sign-in, a change of language or a reload asks for it after a form was answered with a page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Browsers name it when they open a page; scripts and programs get their 405.
        opened = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code == 405 and opened:
            return redirect(_page_above(request.path))
        return response


def _page_above(path: str) -> str:
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            # Wagtail answers for every address that is nobody else's.
            if resolve(path).url_name != "wagtail_serve":
                break
        except Resolver404:
            continue
    return path


class PrivatePagesMiddleware:
    """No page of a signed-in person is kept by a shared cache or a borrowed browser."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
