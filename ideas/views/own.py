from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from ideas import journey
from ideas.cards import cards
from ideas.forms import RevisionForm
from ideas.models import Draft, Event, Idea, Refused
from ideas.views.reading import own_or_404, person

PAGE = 20
TABS = ("submitted", "drafts", "backed")


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My ideas, the anonymous ones included, my drafts, and the ideas that I back."""
    me = person(request)
    tab = request.GET.get("show", "")
    tab = tab if tab in TABS else TABS[0]
    ideas = (
        Idea.objects.of(me).select_related("theme", "canonical").order_by("-submitted_at", "-pk")
    )
    drafts = Draft.objects.kept().filter(owner=me)
    rows: dict[str, Any] = {
        "submitted": ideas,
        "drafts": drafts,
        "backed": Idea.objects.listed().backed_by(me),
    }
    paginators = {name: Paginator(query, PAGE) for name, query in rows.items()}
    page = paginators[tab].get_page(request.GET.get("page"))
    context = {
        "tab": tab,
        "tabs": _tabs(tab, {name: each.count for name, each in paginators.items()}),
        "page": page,
        "previous_url": _page_url(tab, page.previous_page_number())
        if page.has_previous()
        else None,
        "next_url": _page_url(tab, page.next_page_number()) if page.has_next() else None,
        "discarded": Draft.objects.discarded().filter(owner=me).first(),
        **_shown(request, tab, list(page)),
    }
    return render(request, "ideas/mine.html", context)


def _shown(request: HttpRequest, tab: str, rows: list[Any]) -> dict[str, Any]:
    if tab == "backed":
        return {"cards": cards(request, rows)}
    return {"ideas": _told(rows)} if tab == "submitted" else {"drafts": rows}


def _told(ideas: list[Idea]) -> list[tuple[Idea, str, str]]:
    """Each with what happens next, and the word that came with its merge."""
    kinds = (Event.Kind.MERGED, Event.Kind.PROJECT_PUBLISHED)
    events = Event.objects.filter(idea__in=ideas, kind__in=kinds).order_by("pk")
    merges = {event.idea_id: event for event in events if event.kind == Event.Kind.MERGED}
    projects = {event.idea_id for event in events if event.kind == Event.Kind.PROJECT_PUBLISHED}
    return [
        (
            idea,
            journey.route(idea, idea.pk in projects, True).next,
            merges[idea.pk].reason if idea.is_merged and idea.pk in merges else "",
        )
        for idea in ideas
    ]


def _tabs(current: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {
        "submitted": (pgettext("my ideas", "Submitted"), "idea"),
        "drafts": (pgettext("my ideas", "Drafts"), "edit"),
        "backed": (pgettext("my ideas", "Backed"), "vote"),
    }
    return [
        {
            "label": label,
            "icon": icon,
            "url": _page_url(name),
            "count": counts[name],
            "current": name == current,
        }
        for name, (label, icon) in labels.items()
    ]


def _page_url(tab: str, number: int = 1) -> str:
    query = f"?show={tab}" + (f"&page={number}" if number > 1 else "")
    return reverse("ideas:mine") + query


@require_http_methods(["GET", "HEAD", "POST"])
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's text before the decision; answers a question of the moderators."""
    idea = own_or_404(request, pk)
    form = RevisionForm(request.POST or None, initial={"title": idea.title, "body": idea.body})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            idea.revise(
                person(request), data["title"], data["body"], data["answer"], data["version"]
            )
        except Refused as refused:
            form.add_error("answer" if refused.code == "required" else None, refused)
            # What was asked meanwhile stands beside what was typed.
            idea = own_or_404(request, pk)
        else:
            messages.success(request, _("Thank you: the moderators have your new text."))
            return redirect(idea)
    asked = idea.events.filter(kind=Event.Kind.DETAILS_ASKED).last()
    is_asked = idea.state == Idea.State.NEEDS_DETAILS
    question = asked.reason if asked and is_asked else ""
    return render(request, "ideas/revise.html", {"idea": idea, "form": form, "question": question})


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's idea back, after a question."""
    idea = own_or_404(request, pk)
    if request.method == "POST":
        try:
            idea.withdraw(person(request))
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, _("Your idea is withdrawn."))
        return redirect(idea)
    return render(request, "ideas/withdraw.html", {"idea": idea})
