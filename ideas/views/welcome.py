from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from ideas.cards import cards
from ideas.models import Campaign, Draft, Idea
from ideas.views.reading import person
from search.find import Query, find

RISING_SHOWN = 4
DRAFTS_SHOWN = 3


@dataclass(frozen=True)
class Queue:
    size: int
    oldest_days: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is asked of this person, and what the others are saying."""
    me = person(request)
    campaign = Campaign.objects.running().order_by("ends_on").first()
    context = {
        "drafts": list(Draft.objects.kept().filter(owner=me)[:DRAFTS_SHOWN]),
        "asked": list(Idea.objects.filter(state=Idea.State.NEEDS_DETAILS).heads().of(me)),
        "queue": _queue(me),
        "campaign": campaign,
        "campaign_facts": _campaign_facts(campaign),
        "rising": cards(request, _rising()),
        "is_newcomer": _is_newcomer(me),
    }
    return render(request, "ideas/home.html", context)


def _rising() -> list[str]:
    """Open ideas in the order of the list; counted in memory by the engine, never sorted here."""
    wanted = {"state": [Idea.State.PUBLISHED.value]}
    return find(Query(order="rising", filters=wanted, size=RISING_SHOWN)).keys


def _queue(me: User) -> Queue | None:
    """What moderators owe an answer; None for everybody else."""
    if not me.has_perm("ideas.moderate_idea"):
        return None
    waiting = Idea.objects.awaiting_decision()
    oldest = waiting.values_list("submitted_at", flat=True).first()
    if oldest is None:
        return Queue(0, 0)
    return Queue(waiting.count(), (timezone.now() - oldest).days)


def _campaign_facts(campaign: Campaign | None) -> dict[str, Any]:
    if campaign is None:
        return {}
    days = (campaign.ends_on - campaign.starts_on).days + 1
    return {
        "ideas": Idea.objects.listed().filter(campaign=campaign).count(),
        "progress": round(100 * (days - campaign.days_left) / days),
    }


def _is_newcomer(me: User) -> bool:
    """No vote and no signed idea yet; what was said anonymously is not looked at here."""
    return not me.votes.exists() and not me.ideas.exists()
