from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ideas.forms import IdeaForm, taken_up
from ideas.models import Draft, Idea
from ideas.views.pages import shown
from ideas.views.reading import person
from ideas.views.submission import Sent, form_page, number_in, typed_in

MOST_TYPED = 500_000


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, key: UUID) -> HttpResponse:
    """A draft to go on with; posted to, it keeps what has been typed and answers in JSON."""
    if not request.user.is_authenticated:
        return _signed_out(request)
    if request.method == "POST":
        return _keep(request, key)
    if (handed_in := Idea.submitted_with(person(request), key)) is not None:
        return redirect(handed_in)
    kept = get_object_or_404(Draft, key=key, owner=person(request))
    if kept.discarded_at:
        kept.restore()
    return form_page(
        request, IdeaForm(initial=taken_up(kept.typed)), Sent(kept.key, kept.seq), kept
    )


def _signed_out(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return JsonResponse({"error": "signed-out"}, status=401)
    return redirect_to_login(request.get_full_path())


def _keep(request: HttpRequest, key: UUID) -> HttpResponse:
    me, seq = person(request), Sent.of(request).seq
    typed = typed_in(request)
    if sum(map(len, typed.values())) > MOST_TYPED:
        return JsonResponse({"error": "too-long"}, status=413)
    # A save that was on its way when the idea was submitted must not make a draft of it again.
    if Idea.submitted_with(me, key) is not None:
        return JsonResponse({"error": "submitted"}, status=410)
    try:
        if not Draft.keep(me, key, seq, typed, _may_follow(request)):
            there = Draft.objects.get(key=key).seq
            return JsonResponse({"error": "changed-elsewhere", "seq": there}, status=409)
    except Draft.DoesNotExist:
        raise Http404 from None
    return JsonResponse({"saved_at": timezone.now().isoformat(), "seq": seq})


def _may_follow(request: HttpRequest) -> set[int] | None:
    """What the page knows to be saved, and what it sent without having heard of it since."""
    numbers = (number_in(posted) for posted in request.POST.getlist("after"))
    return set(numbers) or None


@require_safe
def draft_photo(request: HttpRequest, key: UUID) -> HttpResponseBase:
    return shown(get_object_or_404(Draft, key=key, owner=person(request)).photo)


@require_POST
def discard(request: HttpRequest, key: UUID) -> HttpResponse:
    """Delete a draft; "My ideas" offers it back until another one is deleted."""
    get_object_or_404(Draft, key=key, owner=person(request)).discard()
    messages.success(request, _("The draft is deleted. You can still take it back below."))
    return redirect("ideas:mine")


@require_POST
def restore(request: HttpRequest, key: UUID) -> HttpResponse:
    kept = get_object_or_404(Draft.objects.discarded(), key=key, owner=person(request))
    kept.restore()
    messages.success(request, _("The draft is back."))
    return redirect("ideas:draft", key=key)
