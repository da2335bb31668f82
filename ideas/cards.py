"""Ideas as cards: what many readers see alike is rendered once, whoever comes first."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language

from ideas import impressions
from ideas.models import Idea
from search.highlight import Highlight, Parts

# A theme or a place may be renamed without its ideas knowing.
SECONDS_KEPT = 600
EXCERPT_LENGTH = 320
# Stand for the reader's own token, and for the title and text in which a search marks its words, in
# what is kept; nobody can guess them and write them in an idea.
_TOKEN, _TITLE, _EXCERPT = (
    hmac.digest(settings.SECRET_KEY.encode(), f"ideas.cards.{name}".encode(), "sha256").hex()
    for name in ("token", "title", "excerpt")
)


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

    Two queries at most.
    """
    wanted = [int(key) for key in keys]
    rows = Idea.objects.listed().as_seen_by(request.user).in_bulk(wanted)  # type: ignore[arg-type]
    ideas = [rows[key] for key in wanted if key in rows]
    impressions.note(request.user, ideas)  # type: ignore[arg-type]
    marked = {idea.pk: found for idea in ideas if (found := (highlights or {}).get(str(idea.pk)))}
    votes = {_vote_name(idea, request): idea for idea in ideas}
    texts = {_text_name(idea, idea.pk in marked): idea for idea in ideas}
    kept = cache.get_many([*votes, *texts])
    full = _with_words([idea.pk for name, idea in texts.items() if name not in kept])
    made = {name: _vote(idea, name) for name, idea in votes.items() if name not in kept}
    made |= {
        name: _text(full[idea.pk], framed=idea.pk in marked)
        for name, idea in texts.items()
        if name not in kept
    }
    if made:
        cache.set_many(made, SECONDS_KEPT)
    parts: dict[str, str] = {**kept, **made}
    shared = {idea.pk: _filled(parts[name], marked.get(idea.pk)) for name, idea in texts.items()}
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


def _text_name(idea: Idea, framed: bool) -> str:
    kind = "card-frame" if framed else "card"
    return f"{kind}:{get_language()}:{idea.pk}:{idea.version}:{idea.comments_count}"


def _with_words(keys: list[int]) -> dict[int, Idea]:
    """The ideas to be rendered, with the theme, place and campaign that a card names."""
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


def _text(idea: Idea, framed: bool) -> str:
    """The card with its title and the beginning of its text, or the frame around both."""
    context = {
        "idea": idea,
        "title": _TITLE if framed else idea.title,
        "excerpt": _EXCERPT if framed else Truncator(idea.body).chars(EXCERPT_LENGTH),
    }
    return str(render_to_string("ideas/card_shared.html", context))


def _filled(text: str, highlight: Highlight | None) -> str:
    if highlight is None:
        return text
    title, body = _with_marks(highlight.title), _with_marks(highlight.body)
    return text.replace(_TITLE, title).replace(_EXCERPT, body)


def _with_marks(parts: Parts) -> str:
    return "".join(
        format_html("<mark>{}</mark>", text) if hit else escape(text) for text, hit in parts
    )
