"""One pair of probable duplicates: side by side, to be merged or told apart."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ideas.models import Idea, Refused, Verdict
from ideas.triage import proposals
from ideas.triage.forms import ApartForm
from ideas.triage.queue import DUPLICATES, Queue
from ideas.triage.views import (
    TOLD_APART,
    done,
    moderators,
    next_pair_url,
    shown_pair,
    told_apart,
)
from ideas.views.reading import person


@require_safe
@moderators
def pair(request: HttpRequest, pk: int) -> HttpResponse:
    asked = _queue(request)
    found = proposals.proposed().filter(pk=pk).first()
    if found is None:
        messages.info(request, _("This pair is no longer proposed: somebody has dealt with it."))
        return redirect(asked.url())
    own = proposals.proposed().filter(group=found.group).order_by("-probability", "pk")
    shown = proposals.proposals([found, *own[: proposals.SIZE + 1]])
    following = proposals.following(found, asked.theme, asked.region)
    context = {
        "queue": asked,
        "queue_url": asked.url(),
        "proposal": shown[0],
        "idea": shown[0].weaker,
        "comparison": shown[0].comparison,
        "siblings": [other for other in shown[1:] if other.pair.pk != pk],
        "next_url": asked.pair_url(following.pk) if following else None,
        "done": done(request),
        "told_apart": told_apart(request),
    }
    return render(request, "ideas/triage/pair.html", context)


@require_POST
@moderators
def tell_apart(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Say that the two are not the same, and go on to the next pair."""
    one, second = get_object_or_404(Idea, pk=pk), get_object_or_404(Idea, pk=other)
    asked, form, shown = _queue(request), ApartForm(request.POST), shown_pair(request)
    if not form.is_valid():
        return redirect(asked.review_url(pk))
    versions = (form.cleaned_data["version"], form.cleaned_data["other_version"])
    try:
        verdict = Verdict.tell_apart(one, second, person(request), versions)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(asked.pair_url(shown.pk) if shown else asked.review_url(pk))
    proposals.count_again()
    request.session[TOLD_APART] = verdict.pk
    return redirect(next_pair_url(asked, shown) if shown else asked.review_url(pk))


@require_POST
@moderators
def undo_verdict(request: HttpRequest, pk: int) -> HttpResponse:
    verdict = get_object_or_404(Verdict, pk=pk)
    try:
        verdict.undo(person(request))
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        proposals.count_again()
        messages.success(request, _("Taken back: the two ideas may be proposed again."))
    asked = _queue(request)
    again = proposals.proposed().filter(one=str(verdict.one_id), other=str(verdict.other_id))
    if found := again.first():
        return redirect(asked.pair_url(found.pk))
    return redirect(asked.review_url(verdict.one_id))


def _queue(request: HttpRequest) -> Queue:
    return Queue.asked(request.POST or request.GET).on(DUPLICATES)
