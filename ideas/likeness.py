"""Similar ideas as they are shown: the ideas that this person may read, and why they match.

A text that was merged speaks for the idea it was merged into: whoever says it again in the same
words is led to that one.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from ideas import documents, impressions
from ideas.listing import LISTED_STATES
from ideas.models import Idea
from ideas.models.group import joined_by
from prepared import Prepared, PreparedObjects
from search.engines.base import Scope
from search.similar import Match
from search.text import common_spans

WORDS_SHOWN = 5
# On the same subject at most: neither a likeness nor reasons are claimed.
WEAK = "weak"
_SEEN = PreparedObjects(
    lambda person, ideas: Idea.objects.listed().filter(pk__in=ideas).as_seen_by(person)
)
_HEADS = Prepared(
    lambda _about, ideas: Idea.objects.filter(pk__in=ideas).values_list(
        "pk", Coalesce("canonical", "pk")
    )
)
SPEAKING = Scope({"state": (*LISTED_STATES, documents.MERGED)}, public=False)


def alike(
    matches: Sequence[Match], person: User, *, most: int, backing: bool = False, but: int = 0
) -> list[dict[str, Any]]:
    """The `most` likely ideas of the matches in the shape of components/similar.html.

    `backing` offers to back them; `but` is the idea that others are compared with.
    """
    likeliest: dict[int, Match] = {}
    heads = _heads(matches)
    for match in matches:
        if (head := heads.get(int(match.key), but)) != but:
            likeliest.setdefault(head, match)
    rows = {idea.pk: idea for idea in _SEEN.all(person.pk, list(likeliest))} if likeliest else {}
    shown = [(rows[key], match) for key, match in likeliest.items() if key in rows][:most]
    impressions.note(person, [idea for idea, _match in shown])
    joined = joined_by(person, [idea.pk for idea, _match in shown if idea.may_have_joined])
    return [
        {
            "title": idea.title,
            "url": idea.get_absolute_url(),
            "state": idea.state,
            "state_label": capfirst(idea.get_state_display()),
            "votes": idea.support,
            "percent": round(100 * match.probability) if match.band != WEAK else None,
            "why": why(match, idea) if match.band != WEAK else [],
            "back_url": _back_url(idea, person) if backing and idea.pk not in joined else None,
        }
        for idea, match in shown
    ]


def _heads(matches: Sequence[Match]) -> dict[int, int]:
    """For each match the idea, or the one it is merged into."""
    keys = [int(match.key) for match in matches]
    return dict(_HEADS.rows(0, keys)) if keys else {}


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
    if match.key != str(idea.pk):
        reasons.append(_("Said so in an idea that is merged here"))
    return reasons


def _words(match: Match, text: str) -> list[str]:
    """The shared terms as the idea spells them, most telling first."""
    words = []
    for term in match.shared_terms[:WORDS_SHOWN]:
        spans = common_spans(text, [term])
        words += [text[start:end].lower() for start, end in spans[:1]]
    return list(dict.fromkeys(words))
