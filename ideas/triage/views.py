from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ideas import journey
from ideas.models import Answer, Conflict, Event, Idea, Refused, Verdict
from ideas.models.queryset import ANSWER_WITHIN
from ideas.triage import proposals
from ideas.triage.comparison import Comparison, candidates, searched
from ideas.triage.forms import AskForm, DecisionForm, DeclineForm, MergeForm, WordedForm
from ideas.triage.queue import DECIDED, DUPLICATES, RECENT, Queue, Waiting, words
from ideas.views.reading import person, wants_fragment
from search.duplicates import uncompared
from search.models import Pair

_DONE, TOLD_APART = "triage_done", "triage_told_apart"
# What a decision leaves: the idea, or the project that it became.
Decided = TypeVar("Decided")
moderators = permission_required("ideas.moderate_idea", raise_exception=True)


# --- The queue -------------------------------------------------------------------------------


@require_safe
@moderators
def queue(request: HttpRequest) -> HttpResponse:
    asked = Queue.asked(request.GET)
    rows, cursor = _rows(asked)
    counts, progress = asked.counts(), asked.progress(person(request))
    duplicates = proposals.how_many(asked.theme, asked.region)
    tabs = {**counts, "duplicates": duplicates, "decided": progress["decided"]}
    context = {
        "queue": asked,
        "rows": rows,
        "all_url": asked.url(theme="", region=""),
        "next_url": asked.next_url(cursor) if cursor else None,
        "uncompared": uncompared() if asked.tab == DUPLICATES else 0,
        "counts": counts,
        "progress": progress,
        "tabs": _tabs(asked, tabs),
        "words": words(),
        "promise": ANSWER_WITHIN.days,
        "recent": RECENT.days,
        "done": done(request),
        "told_apart": told_apart(request),
    }
    return render(request, "ideas/triage/queue.html", context)


def _rows(asked: Queue) -> tuple[list[Any], str]:
    if asked.tab == DUPLICATES:
        page = proposals.page(asked.after, asked.theme, asked.region)
        return page.groups, page.next
    return asked.decided() if asked.tab == DECIDED else asked.page()


def _tabs(asked: Queue, counts: dict[str, int | None]) -> list[dict[str, Any]]:
    labels = {
        "awaiting": (_("To be decided"), "inbox"),
        "details": (_("Waiting for the author"), "question"),
        "duplicates": (_("Probable duplicates"), "merge"),
        "decided": (_("Decided lately"), "check-circle"),
    }
    return [
        {
            "label": label,
            "icon": icon,
            "count": counts[name],
            "url": asked.url(tab=name),
            "current": name == asked.tab,
        }
        for name, (label, icon) in labels.items()
    ]


def done(request: HttpRequest) -> Event | None:
    """The decision just taken, told once, with a way back."""
    key = request.session.pop(_DONE, None)
    if key is None:
        return None
    return Event.objects.standing().select_related("idea", "other").filter(pk=key).first()


def told_apart(request: HttpRequest) -> Verdict | None:
    """The verdict just given, told once, with a way back."""
    key = request.session.pop(TOLD_APART, None)
    rows = Verdict.objects.standing().select_related("one", "other")
    return rows.filter(pk=key).first() if key else None


# --- One idea --------------------------------------------------------------------------------


@require_safe
@moderators
def review(request: HttpRequest, pk: int) -> HttpResponse:
    return review_page(request, pk)


def review_page(
    request: HttpRequest, pk: int, tried: dict[str, Form] | None = None, status: int = 200
) -> HttpResponse:
    rows = Idea.objects.for_cards().select_related(
        "channel", "profession", "entity__region", "canonical"
    )
    idea = get_object_or_404(rows, pk=pk)
    asked = Queue.asked(request.POST or request.GET)
    search = request.GET.get("q", "").replace("\0", " ").strip()[:200]
    context = {
        "idea": idea,
        "waiting": Waiting.since(idea),
        "queue": asked,
        "queue_url": asked.url(),
        **_story(idea),
        **_forms(tried or {}),
        "comparison": _comparison(request, idea),
        "candidates": [] if idea.is_merged else candidates(idea),
        "search": search,
        "searched": searched(idea, search) if search else [],
        "earlier": asked.earlier(idea) if idea.allows("ask") else None,
        "next_url": _next_url(asked, idea),
        "progress": asked.progress(person(request)),
        "allowed": {name: idea.allows(name) for name in ("publish", "ask", "decline", "adopt")},
        "tried": tried or {},
        "refusal": next((form.non_field_errors() for form in (tried or {}).values()), None),
        "done": done(request),
        "told_apart": told_apart(request),
    }
    return render(request, "ideas/triage/review.html", context, status=status)


def _story(idea: Idea) -> dict[str, Any]:
    events = list(
        idea.events.exclude(kind=Event.Kind.COMMENTED).select_related("actor", "other", "idea")
    )
    standing = [
        event for event in events if event.kind in Event.DECISIONS and event.at == idea.decided_at
    ]
    return {
        "timeline": journey.timeline(idea, reversed(events), in_confidence=True),
        "standing": standing[-1] if standing else None,
        "last": events[-1] if events else None,
        "sources": list(idea.sources.select_related("author").order_by("pk")),
        "apart": _apart(idea),
    }


def _apart(idea: Idea) -> list[tuple[Verdict, Idea]]:
    """What was told apart from this idea, and by which verdict."""
    rows = Verdict.objects.standing().about(idea).select_related("one", "other", "judge")
    return [(verdict, verdict.than(idea)) for verdict in rows]


def _forms(tried: dict[str, Form]) -> dict[str, Form]:
    answers = list(Answer.objects.all())
    asks = [answer for answer in answers if answer.purpose == Answer.Purpose.ASK]
    declines = [answer for answer in answers if answer.purpose == Answer.Purpose.DECLINE]
    forms = {
        "ask": AskForm(answers=asks, auto_id="ask_%s"),
        "decline": DeclineForm(answers=declines, auto_id="decline_%s"),
    }
    return {f"{name}_form": tried.get(name, form) for name, form in forms.items()}


def _comparison(request: HttpRequest, idea: Idea) -> Comparison | None:
    key = request.POST.get("other") or request.GET.get("compare", "")
    if not key.isdecimal() or len(key) > 18 or int(key) == idea.pk:
        return None
    rows = Idea.objects.for_cards().select_related("channel", "profession", "entity__region")
    other = rows.filter(pk=key).first()
    return Comparison(idea, other) if other else None


# --- Decisions -------------------------------------------------------------------------------


def decide(
    request: HttpRequest,
    pk: int,
    name: str,
    form: Form,
    act: Callable[[Idea, Any], Decided],
    onward: Callable[[HttpRequest, Decided], HttpResponse],
) -> HttpResponse:
    """Take the decision and go onward, or say why not with all that was typed."""
    idea = get_object_or_404(Idea, pk=pk)
    status = 422
    if form.is_valid():
        try:
            decided = act(idea, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal)
            status = 409 if isinstance(refusal, Conflict) else 422
        else:
            return onward(request, decided)
    return review_page(request, pk, {name: form}, status)


def _to_the_next(request: HttpRequest, idea: Idea) -> HttpResponse:
    standing = idea.standing_decision()
    request.session[_DONE] = standing.pk if standing else None
    asked = Queue.asked(request.POST)
    proposals.count_again()
    if shown := shown_pair(request):
        return redirect(next_pair_url(asked, shown))
    return redirect(_next_url(asked, idea) or asked.url())


def shown_pair(request: HttpRequest) -> Pair | None:
    """The pair from whose page a form was sent."""
    key = request.POST.get("pair", "")
    known = key.isdecimal() and len(key) <= 18
    return Pair.objects.filter(pk=key).first() if known else None


def next_pair_url(asked: Queue, shown: Pair) -> str:
    following = proposals.following(shown, asked.theme, asked.region)
    on = asked.on(DUPLICATES)
    return on.pair_url(following.pk) if following else on.url()


def _next_url(asked: Queue, idea: Idea) -> str | None:
    following = asked.following(idea)
    return asked.review_url(following.pk) if following else None


@require_POST
@moderators
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    form, me = DecisionForm(request.POST), person(request)
    return decide(
        request,
        pk,
        "publish",
        form,
        lambda idea, data: idea.publish(me, data["version"]),
        _to_the_next,
    )


@require_POST
@moderators
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    form = AskForm(request.POST, answers=Answer.objects.questions(), auto_id="ask_%s")
    if "use" in request.POST:
        return _with_answer(request, pk, "ask", form, "question")
    me = person(request)
    return decide(
        request,
        pk,
        "ask",
        form,
        lambda idea, data: idea.ask_details(me, data["question"], data["version"]),
        _to_the_next,
    )


@require_POST
@moderators
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    form = DeclineForm(request.POST, answers=Answer.objects.declines(), auto_id="decline_%s")
    if "use" in request.POST:
        return _with_answer(request, pk, "decline", form, "reason")
    me = person(request)
    return decide(
        request,
        pk,
        "decline",
        form,
        lambda idea, data: idea.decline(me, data["reason"], data["version"], data["ground"]),
        _to_the_next,
    )


def _with_answer(
    request: HttpRequest, pk: int, name: str, form: WordedForm, field: str
) -> HttpResponse:
    """The form again, with the chosen text in it."""
    shown = type(form)(
        initial=form.with_answer(field), answers=form.answers.values(), auto_id=f"{name}_%s"
    )
    if not wants_fragment(request):
        return review_page(request, pk, {name: shown})
    idea = get_object_or_404(Idea, pk=pk)
    context = {"form": shown, "idea": idea, "queue": Queue.asked(request.POST), "fresh": True}
    return render(request, f"ideas/triage/{name}.html", context)


@require_POST
@moderators
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    me = person(request)

    def act(idea: Idea, data: dict[str, Any]) -> Idea:
        other = get_object_or_404(Idea, pk=data["other"])
        here, there = data["version"], data["other_version"]
        if data["way"] == "into":
            return idea.merge_into(other, me, data["reason"], here, there)
        return other.merge_into(idea, me, data["reason"], there, here)

    form = MergeForm(request.POST, auto_id="merge_%s")
    return decide(request, pk, "merge", form, act, _to_the_next)


@require_POST
@moderators
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    me = person(request)
    return _undo(request, pk, lambda idea, version: idea.reopen(me, version))


@require_POST
@moderators
def undo_merge(request: HttpRequest, pk: int) -> HttpResponse:
    me = person(request)
    return _undo(request, pk, lambda idea, version: idea.undo_merge(me, version=version))


def _undo(request: HttpRequest, pk: int, act: Callable[[Idea, int], Idea]) -> HttpResponse:
    """Take a decision back and show the idea as it is again."""
    idea = get_object_or_404(Idea, pk=pk)
    form = DecisionForm(request.POST)
    asked = Queue.asked(request.POST)
    if form.is_valid():
        try:
            act(idea, form.cleaned_data["version"])
        except Refused as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("Taken back: the idea is again as it was before."))
    return redirect(asked.review_url(pk))
