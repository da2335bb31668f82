from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.unsent import page_of_form
from ideas.models import Idea, Refused, Vote
from ideas.models.group import members
from ideas.views.reading import person, readable_or_404, wants_fragment
from ideas.vote_button import vote_button

ACTS = {"cast": Vote.cast, "withdraw": Vote.withdraw}


@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Back an idea or no longer: what is posted is what is wanted, so that twice is as once."""
    idea = readable_or_404(request, pk)
    act = ACTS.get(request.POST.get("action", ""))
    if act is None:
        return HttpResponseBadRequest()
    refusal = None
    try:
        act(idea, person(request))
    except Refused as refused:
        refusal = refused
        messages.error(request, refused.message)
    if wants_fragment(request):
        return _button(request, idea, status=422 if refusal else 200)
    return redirect(page_of_form(request) or idea)


def _button(request: HttpRequest, idea: Idea, status: int) -> HttpResponse:
    me = person(request)
    if idea.canonical_id is None and status == 200:
        # The deed has left the idea as it now is.
        head, voted = idea, request.POST["action"] == "cast"
        is_own = head.is_by(me)
    else:
        head = _head(idea, me)
        voted = head.is_backed  # type: ignore[attr-defined]
        is_own = any(member.is_own for member in members(head, me))
    can_back = head.is_open and not is_own
    wide = "wide" in request.POST
    token = get_token(request)
    body = vote_button(head, voted=voted, can_back=can_back, token=token, wide=wide)
    if status != 200:
        body += render_to_string("components/messages.html", {"oob": True}, request)
    return HttpResponse(body, status=status)


def _head(idea: Idea, reader: User) -> Idea:
    return Idea.objects.as_seen_by(reader).get(pk=idea.canonical_id or idea.pk)
