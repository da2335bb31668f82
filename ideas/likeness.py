"""Similar ideas as they are shown: the ideas that this person may read, and why they match."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from ideas import impressions
from ideas.models import Idea
from search.similar import Match
from search.text import common_spans

WORDS_SHOWN = 5
# On the same subject at most: neither a likeness nor reasons are claimed.
WEAK = "weak"


def alike(matches: Sequence[Match], person: User, backing: bool = False) -> list[dict[str, Any]]:
    """The matches in the shape of components/similar.html; `backing` offers to back them."""
    rows = Idea.objects.listed().as_seen_by(person).in_bulk([int(match.key) for match in matches])
    impressions.note(person, rows.values())
    return [
        {
            "title": idea.title,
            "url": idea.get_absolute_url(),
            "state": idea.state,
            "state_label": capfirst(idea.get_state_display()),
            "votes": idea.support,
            "percent": round(100 * match.probability) if match.band != WEAK else None,
            "why": why(match, idea) if match.band != WEAK else [],
            "back_url": _back_url(idea, person) if backing else None,
        }
        for match in matches
        if (idea := rows.get(int(match.key)))
    ]


def _back_url(idea: Idea, person: User) -> str | None:
    if not idea.is_open or idea.is_by(person):
        return None
    return reverse("ideas:back_instead", args=[idea.pk])


def why(match: Match, idea: Idea) -> list[str]:
    """The reasons for a match, in words."""
    reasons = []
    if words := _words(match, f"{idea.title}\n{idea.body}"):
        reasons.append(_("Words in common: %(words)s") % {"words": ", ".join(words)})
    if match.by_meaning:
        reasons.append(_("Close in meaning"))
    return reasons


def _words(match: Match, text: str) -> list[str]:
    """The shared terms as the idea spells them, most telling first."""
    words = []
    for term in match.shared_terms[:WORDS_SHOWN]:
        spans = common_spans(text, [term])
        words += [text[start:end].lower() for start, end in spans[:1]]
    return list(dict.fromkeys(words))
