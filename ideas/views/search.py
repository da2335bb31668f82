import hashlib
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from ideas.cards import cards, in_list
from ideas.listing import LONGEST_SEARCH, Listing, Taxonomy
from ideas.views.reading import person, wants_fragment
from search.find import find, suggest


@require_safe
def idea_list(request: HttpRequest) -> HttpResponse:
    """Ideas found, filtered and ordered as the address says; htmx gets the results alone.

    Operators typed into the box become filters: the list has the address that has these.
    """
    listing = Listing.asked(request.GET, Taxonomy.known())
    if listing.typed:
        return _at(request, listing.start().url)
    found = find(listing.query(person(request)))
    shown = cards(request, found.keys, found.highlights)
    listed = listing.shown + len(shown)
    words = listing.taxonomy.names
    next_url = listing.following(found.next, listed).url if found.next else None
    ends = {"listed": listed, "total": found.total, "next_url": next_url}
    context = {
        "listing": listing,
        "search_words": listing.text,
        "found": found,
        "cards": shown,
        "list": in_list("ideas/results_list.html", shown, ends) if shown else "",
        "facets": partial(listing.facets, found.facets),
        "facets_key": _key(words, found.facets, found.total, listing.filters, listing.clear_url),
        "tools_key": _key(
            listing.url,
            listing.order,
            listing.authors,
            [(str(doubt.says), dict(doubt.near)) for doubt in listing.doubts],
            (found.degraded, found.correction, found.relaxed, found.by_meaning),
        ),
    }
    fragment = wants_fragment(request)
    template = "ideas/results.html" if fragment else "ideas/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    if fragment and not listing.after:
        response["HX-Push-Url"] = listing.url
    return response


def _at(request: HttpRequest, url: str) -> HttpResponse:
    """To another address, all of the page: its filters are other ones."""
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def _key(*parts: Any) -> str:
    """Names a rendering by all that it shows: most lists have the counts of the one before."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Titles and words that go on from what is being typed in a search box."""
    words = " ".join(request.GET.get("q", "").split())[:LONGEST_SEARCH]
    found = suggest(words) if len(words) >= 2 else []
    return render(request, "ideas/suggestions.html", {"suggestions": found})
