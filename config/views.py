from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.static import serve

from config.style import samples


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers 200 while the process and its database can serve a page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Every component of the design system, in every state."""
    return render(request, "style.html", samples())


@require_safe
def page_image(request: HttpRequest, path: str) -> HttpResponseBase:
    """The images of published pages; photos of ideas have a view and rights of their own."""
    return serve(request, path, document_root=str(settings.MEDIA_ROOT / "images"))
