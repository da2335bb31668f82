"""How search is doing, and what who administers it can do about it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ideas.administration import ADMINISTERS_SEARCH, differences, tabs
from search import state
from search.check import Check
from search.models import Document
from search.tasks import drain

REFUSED_AT_ONCE = 20
administers_search = permission_required(ADMINISTERS_SEARCH, raise_exception=True)


@require_safe
@administers_search
def search_state(request: HttpRequest) -> HttpResponse:
    """The engine, the index, the queue, what was set aside, and the last comparison."""
    refused = Document.objects.refused().only("key", "title", "refusal", "deleted")
    page = Paginator(refused.order_by("-published_at", "key"), REFUSED_AT_ONCE)
    shown = page.get_page(request.GET.get("page"))
    check = Check.objects.first()
    context = {
        "tabs": tabs("ideas:search_state"),
        "state": state.present(),
        "check": check,
        "differences": differences(check),
        "refused": shown,
        **_neighbours(shown),
    }
    return render(request, "ideas/search_state.html", context)


def _neighbours(page: "Page[Any]") -> dict[str, str | None]:
    return {
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else None,
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else None,
    }


@require_POST
@administers_search
def check_search(request: HttpRequest) -> HttpResponse:
    """Compare the index with the ideas; with `repair`, put right what differs."""
    if Check.start(repairs=request.POST.get("repair") == "1"):
        messages.success(request, _("The comparison has been started: its result comes below."))
    else:
        messages.info(request, _("A comparison is under way already: wait for its result."))
    return redirect("ideas:search_state")


@require_POST
@administers_search
def retry_refused(request: HttpRequest) -> HttpResponse:
    """Put back into the queue what was set aside."""
    number = Document.try_again()
    drain.delay_on_commit()  # type: ignore[attr-defined]
    words = ngettext(
        "%(n)s idea is in the queue again.", "%(n)s ideas are in the queue again.", number
    )
    messages.success(request, words % {"n": number})
    return redirect("ideas:search_state")
