from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ideas import impressions, journey
from ideas.likeness import SPEAKING, WEAK, alike
from ideas.models import Event, Idea
from ideas.views.reading import person, readable_or_404, wants_fragment
from prepared import PreparedObjects
from search.similar import similar_to

ALIKE_SHOWN = 4
_SEEN = PreparedObjects(
    lambda person, ideas: (
        Idea.objects.filter(pk__in=ideas)
        .for_cards()
        .select_related("channel", "profession", "entity__region")
        .as_seen_by(person)
    )
)
_EVENTS = PreparedObjects(
    lambda idea, _among: (
        Event.objects.filter(idea=idea)
        .exclude(kind=Event.Kind.COMMENTED)
        .select_related("actor", "other")
    )
)
_SOURCES = PreparedObjects(
    lambda idea, _among: (
        Idea.objects.filter(canonical=idea).select_related("author", "seal").order_by("pk")
    )
)
_KEPT_FOR_GOOD = {Idea.State.ADOPTED, Idea.State.WITHDRAWN}


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    me = person(request)
    idea = readable_or_404(request, pk, _SEEN)
    if idea.canonical_id is not None:
        head = reverse("ideas:detail", args=[idea.canonical_id])
        return redirect(f"{head}?from={idea.pk}", permanent=True)
    if idea.is_visible:
        impressions.note(me, [idea])
    return render(request, "ideas/detail.html", _page(request, idea, idea.is_by(me)))


def _page(request: HttpRequest, idea: Idea, is_mine: bool) -> dict[str, Any]:
    me = person(request)
    events = _EVENTS.all(idea.pk)
    has_project = any(event.kind == Event.Kind.PROJECT_PUBLISHED for event in events)
    sources = _SOURCES.all(idea.pk)
    in_confidence = is_mine or me.has_perm("ideas.moderate_idea")
    return {
        "idea": idea,
        "is_mine": is_mine,
        "can_back": idea.is_open and not is_mine and not any(s.is_by(me) for s in sources),
        "can_revise": is_mine and idea.state in {Idea.State.SUBMITTED, Idea.State.NEEDS_DETAILS},
        "can_withdraw": is_mine and not sources and idea.state not in _KEPT_FOR_GOOD,
        "route": journey.route(idea, has_project, is_mine),
        "timeline": journey.timeline(idea, events, in_confidence),
        "question": _last_reason(events, Event.Kind.DETAILS_ASKED),
        "reason": _last_reason(events, Event.Kind.DECLINED),
        "sources": sources,
        "coauthors": _coauthors(idea, sources),
        "merged_from": _merged_from(request, sources),
    }


def _last_reason(events: list[Event], kind: str) -> str:
    return next((event.reason for event in reversed(events) if event.kind == kind), "")


def _coauthors(idea: Idea, sources: list[Idea]) -> list[Any]:
    """Everybody who signed one of the merged ideas, once each."""
    people = {source.author_id: source.author for source in sources if source.author_id}
    return [author for key, author in people.items() if key != idea.author_id]


def _merged_from(request: HttpRequest, sources: list[Idea]) -> Idea | None:
    """The idea whose address led here."""
    came_from = request.GET.get("from", "")
    return next((source for source in sources if str(source.pk) == came_from), None)


@require_safe
def alike_ideas(request: HttpRequest, pk: int) -> HttpResponse:
    """The ideas most like this one: a part of its page that htmx fetches, or a page of its own."""
    idea = readable_or_404(request, pk)
    # What shares neither meaning nor words is near by chance: no reader sees why it is there.
    matches = similar_to(str(idea.pk), scope=SPEAKING, n=2 * ALIKE_SHOWN)
    telling = [match for match in matches if match.band != WEAK or match.shared_terms]
    found = alike(telling, person(request), most=ALIKE_SHOWN, but=idea.pk)
    template = "ideas/alike.html" if wants_fragment(request) else "ideas/alike_page.html"
    return render(request, template, {"idea": idea, "similar": found})


@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photo, for whoever may read the idea."""
    idea = readable_or_404(request, pk)
    return shown(idea.photo)


def shown(file: Any) -> HttpResponseBase:
    try:
        response = FileResponse(file.open("rb"), content_type="image/jpeg")
    except (FileNotFoundError, ValueError):
        raise Http404 from None
    response["Cache-Control"] = "private, max-age=3600"
    return response
