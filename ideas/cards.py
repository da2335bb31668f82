"""Ideas as cards: what many readers see alike is rendered once, whoever comes first."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from ideas import impressions
from ideas.models import Idea
from search.highlight import Highlight

# A theme or a place may be renamed without its ideas knowing.
SECONDS_KEPT = 600
# Stands for the reader's own token in what is kept; nobody can guess it and write it in an idea.
_TOKEN = hmac.digest(settings.SECRET_KEY.encode(), b"ideas.cards.token", "sha256").hex()


@dataclass(frozen=True, slots=True)
class Card:
    """`vote` is the button as this reader sees it, `shared` all the rest."""

    idea: Idea
    vote: SafeString
    shared: SafeString


def cards(
    request: HttpRequest,
    keys: Iterable[int | str],
    highlights: Mapping[str, Highlight] | None = None,
) -> list[Card]:
    """The cards of the listed ideas among `keys`, in that order, as the signed-in person sees them.

    Two queries at most. Nothing is kept where a search marks words of its own.
    """
    wanted = [int(key) for key in keys]
    rows = Idea.objects.listed().as_seen_by(request.user).in_bulk(wanted)  # type: ignore[arg-type]
    ideas = [rows[key] for key in wanted if key in rows]
    impressions.note(request.user, ideas)  # type: ignore[arg-type]
    marked = {idea.pk: found for idea in ideas if (found := (highlights or {}).get(str(idea.pk)))}
    votes = {_vote_name(idea, request): idea for idea in ideas}
    texts = {_text_name(idea): idea for idea in ideas if idea.pk not in marked}
    kept = cache.get_many([*votes, *texts])
    full = _with_words([i for n, i in texts.items() if n not in kept], marked)
    made = {name: _vote(idea, name) for name, idea in votes.items() if name not in kept}
    made |= {name: _text(full[idea.pk]) for name, idea in texts.items() if name not in kept}
    if made:
        cache.set_many(made, SECONDS_KEPT)
    parts: dict[str, str] = {**kept, **made}
    shared = {idea.pk: parts[name] for name, idea in texts.items()}
    shared |= {key: _text(full[key], highlight) for key, highlight in marked.items()}
    token = get_token(request)
    return [
        # Both come out of templates, which have escaped them.
        Card(idea, mark_safe(parts[name].replace(_TOKEN, token)), mark_safe(shared[idea.pk]))  # noqa: S308
        for name, idea in votes.items()
    ]


def _vote_name(idea: Idea, request: HttpRequest) -> str:
    can_back = idea.is_open and not idea.is_by(request.user)  # type: ignore[arg-type]
    side = ("backed" if idea.is_backed else "open") if can_back else "closed"  # type: ignore[attr-defined]
    return f"card-vote:{get_language()}:{idea.pk}:{idea.version}:{idea.support}:{side}"


def _text_name(idea: Idea) -> str:
    return f"card:{get_language()}:{idea.pk}:{idea.version}:{idea.comments_count}"


def _with_words(unknown: list[Idea], marked: Mapping[int, Highlight]) -> dict[int, Idea]:
    """The ideas to be rendered, with the theme, place and campaign that a card names."""
    keys = [*(idea.pk for idea in unknown), *marked]
    return Idea.objects.for_cards().in_bulk(keys) if keys else {}


def _vote(idea: Idea, name: str) -> str:
    side = name.rpartition(":")[2]
    context = {
        "idea": idea,
        "voted": side == "backed",
        "can_back": side != "closed",
        "csrf_token": _TOKEN,
    }
    return str(render_to_string("ideas/vote.html", context))


def _text(idea: Idea, highlight: Highlight | None = None) -> str:
    context = {"idea": idea, "highlight": highlight}
    return str(render_to_string("ideas/card_shared.html", context))
