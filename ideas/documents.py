"""What search is told about an idea, written in the same transaction as the idea."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accounts.models import Entity
from ideas import ranking
from ideas.models.taxonomy import Campaign
from search.models import Document

if TYPE_CHECKING:
    from ideas.models.idea import Idea

BATCH = 500
# The state of what is merged into another idea, as search is told.
MERGED = "merged"


def write(idea: "Idea") -> None:
    """Write or renew the idea's search document."""
    Document.put(str(idea.pk), **fields(idea))


def write_new(ideas: Iterable["Idea"]) -> None:
    """The same for ideas that have no document yet, in bulk."""
    Document.put_new({str(idea.pk): fields(idea) for idea in ideas})


def write_numbers(idea: "Idea") -> None:
    """Renew only what votes, comments and views change."""
    Document.put_numbers(str(idea.pk), **numbers(idea))


def write_numbers_of(ideas: Iterable["Idea"]) -> None:
    """The same for many ideas, with one wake-up."""
    Document.put_many_numbers({str(idea.pk): numbers(idea) for idea in ideas})


def fields(idea: "Idea") -> dict[str, object]:
    """Everything search is told about the idea, by the names of `search.models.Document`."""
    entity = idea.entity
    return {
        "title": idea.title,
        "body": idea.body,
        "state": MERGED if idea.is_merged else idea.state,
        "public": idea.is_visible and not idea.is_merged,
        "theme": idea.theme.slug,
        "moment": idea.moment.slug if idea.moment else "",
        "channel": idea.channel.slug if idea.channel else "",
        "campaign": idea.campaign.slug if idea.campaign else "",
        "entity": entity.code if entity else "",
        "region": entity.region.slug if entity else "",
        "profession": idea.profession.slug if idea.profession else "",
        "published_at": idea.published_at or idea.submitted_at,
        **numbers(idea),
    }


def numbers(idea: "Idea") -> dict[str, float]:
    """What the idea is ranked by."""
    return {
        "support": idea.support,
        "comments": idea.comments_count,
        "views": idea.views,
        "rising": idea.rising,
        "backed": ranking.best_backed(idea.voices, idea.support, idea.views),
        "exploration": ranking.exploration(idea.voices, idea.support, idea.views),
    }


def renew_copies() -> None:
    """Write anew what documents have copied of places that moved, and of campaigns that are gone.

    The documents tell what is left: whoever is interrupted, the next one goes on.
    """
    regions = dict(Entity.objects.values_list("code", "region__slug"))
    for place, region in _copied("entity", "region"):
        if regions.get(place, region) != region:
            _rewrite({"entity": place, "region": region}, region=regions[place])
    campaigns = set(Campaign.objects.values_list("slug", flat=True))
    for (campaign,) in _copied("campaign"):
        if campaign not in campaigns:
            _rewrite({"campaign": campaign}, campaign="")


def _copied(*names: str) -> list[tuple[str, ...]]:
    """What documents have in these columns, where the first one is not empty."""
    documents = Document.objects.present().exclude(**{names[0]: ""}).order_by()
    return list(documents.values_list(*names).distinct())


def _rewrite(outdated: dict[str, str], **copied: str) -> None:
    documents = Document.objects.present().filter(**outdated).order_by("pk")
    while keys := list(documents.values_list("pk", flat=True)[:BATCH]):
        Document.put_copies(keys, **copied)
