from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community.forms import SearchNameForm
from community.models import SavedSearch
from community.models.saved_search import LONGEST_NAME
from community.searches import rows, saving_url
from community.views.reading import UNPROCESSABLE, Request
from ideas.listing import Listing, Taxonomy
from ideas.models import Refused
from ideas.views.reading import person


def own_search_or_404(request: Request, pk: int) -> SavedSearch:
    """One of one's own, deleted ones included: others do not even learn that there is one."""
    return get_object_or_404(SavedSearch, pk=pk, person=person(request))


def own_kept_search_or_404(request: Request, pk: int) -> SavedSearch:
    return get_object_or_404(SavedSearch.objects.kept(), pk=pk, person=person(request))


@require_safe
def searches(request: Request) -> HttpResponse:
    """My saved searches, with how much is new to each."""
    me = person(request)
    context = {
        "rows": rows(me),
        "deleted": SavedSearch.objects.deleted().filter(person=me).first(),
    }
    return render(request, "community/searches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def save_search(request: Request) -> HttpResponse:
    """Save the search that the address describes, as the list's address does."""
    listing = Listing.asked(request.GET, Taxonomy.known()).start()
    initial = {"name": listing.name[:LONGEST_NAME]}
    form = SearchNameForm(_posted(request), optional=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            search, is_new = SavedSearch.keep(person(request), listing, form.cleaned_data["name"])
        except Refused as refused:
            form.add_error(None if refused.code != "required" else "name", refused)
        else:
            messages.success(request, _saved(search, is_new))
            return redirect(listing.url)
    context = {"form": form, "listing": listing, "action": saving_url(listing)}
    return render(
        request, "community/search_form.html", context, status=UNPROCESSABLE if form.errors else 200
    )


def _saved(search: SavedSearch, is_new: bool) -> str:
    if is_new:
        words = _("“%(name)s” is saved in your searches: you will read in your news what comes.")
    else:
        words = _("You had saved this search already: it is “%(name)s” in your searches.")
    return words % {"name": search.name}


@require_safe
def open_search(request: Request, pk: int) -> HttpResponse:
    """Go to what a saved search finds, in its order or in the one asked for; it is looked at."""
    search = own_kept_search_or_404(request, pk)
    if request.method == "GET":
        search.look()
    listing = search.listing()
    if request.GET.get("sort") == "new":
        listing = listing.start(sort="new")
    return redirect(listing.url)


@require_http_methods(["GET", "HEAD", "POST"])
def rename_search(request: Request, pk: int) -> HttpResponse:
    search = own_kept_search_or_404(request, pk)
    form = SearchNameForm(_posted(request), initial={"name": search.name})
    if request.method == "POST" and form.is_valid():
        try:
            search.rename(form.cleaned_data["name"])
        except Refused as refused:
            form.add_error("name", refused)
        else:
            return _back_to(search)
    context = {
        "form": form,
        "search": search,
        "listing": search.listing(),
        "action": reverse("community:rename_search", args=[pk]),
    }
    return render(
        request, "community/search_form.html", context, status=UNPROCESSABLE if form.errors else 200
    )


@require_POST
def set_alerts(request: Request, pk: int) -> HttpResponse:
    """Be told of what is new, or no longer: what is posted is what is wanted."""
    search = own_kept_search_or_404(request, pk)
    search.set_alerts(request.POST.get("alerts") == "1")
    return _back_to(search)


@require_POST
def remove_search(request: Request, pk: int) -> HttpResponse:
    """Delete a saved search, or take that back: what is posted is what is wanted."""
    search = own_search_or_404(request, pk)
    action = request.POST.get("action", "remove")
    if action == "remove":
        search.discard()
        messages.success(request, _("The search is deleted. You can still take it back below."))
        return redirect("community:searches")
    if action != "restore":
        return HttpResponseBadRequest()
    try:
        search.restore()
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("community:searches")
    return _back_to(search)


def _posted(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _back_to(search: SavedSearch) -> HttpResponse:
    return redirect(f"{reverse('community:searches')}#search-{search.pk}")
