"""Ideas as cards: what many readers see alike is rendered once, whoever comes first."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

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
from ideas.models.group import joined_by
from ideas.models.seal import is_own
from ideas.vote_button import vote_button
from pieces import Piece, mark, remembered
from pieces.memory import Memory
from prepared import Prepared
from search.highlight import Highlight, Parts

if TYPE_CHECKING:
    from accounts.models import User

# A theme or a place may be renamed without its ideas knowing.
SECONDS_KEPT, SECONDS_NEAR = 600, 60
EXCERPT_LENGTH = 320
_FRAME = "card-frame"
# Stand for the title and text in which a search marks its words, in what is kept; nobody can guess
# them and write them in an idea.
_TITLE, _EXCERPT = (
    hmac.digest(settings.SECRET_KEY.encode(), f"ideas.cards.{name}".encode(), "sha256").hex()
    for name in ("title", "excerpt")
)
# Those that this process needed last, in front of the cache that all of them share.
_near = Memory[str](4000, SECONDS_NEAR)
# Lists of cards, of fifty kilobytes.
_lists = Memory[Piece](200, SECONDS_NEAR)


class Listed(NamedTuple):
    """What a card asks of an idea besides its words."""

    pk: int
    title: str
    version: int
    support: int
    comments_count: int
    state: str
    is_anonymous: bool
    author_id: int | None
    mark: str | None
    is_backed: bool
    may_have_joined: bool

    def is_by(self, person: "User") -> bool:
        return is_own(person, self.pk, self.is_anonymous, self.author_id, self.mark)


# `about` is the person who looks, `among` are the keys.
_LISTED = Prepared(
    lambda about, among: (
        Idea.objects.listed()
        .filter(pk__in=among)
        .as_seen_by(about)
        .order_by()
        .values_list(*Listed._fields[:-3], "seal__mark", "is_backed", "may_have_joined")
    )
)


@dataclass(frozen=True, slots=True)
class Card:
    """`vote` is the button as this reader sees it, `shared` all the rest."""

    idea: Listed
    vote: SafeString
    shared: SafeString


def cards(
    request: HttpRequest,
    keys: Iterable[int | str],
    highlights: Mapping[str, Highlight] | None = None,
) -> list[Card]:
    """The cards of the listed ideas among `keys`, in that order, as the signed-in person sees them.

    Two queries at most, and one more where ideas were merged into them.
    """
    wanted = [int(key) for key in keys]
    me: User = request.user  # type: ignore[assignment]
    rows = {row[0]: Listed(*row) for row in (_LISTED.rows(me.pk, wanted) if wanted else [])}
    ideas = [rows[key] for key in wanted if key in rows]
    impressions.note(me, ideas)
    joined = joined_by(me, [idea.pk for idea in ideas if idea.may_have_joined])
    marked = {idea.pk: found for idea in ideas if (found := (highlights or {}).get(str(idea.pk)))}
    texts = _texts({_text_name(idea, idea.pk in marked): idea for idea in ideas})
    # Escaped once, for all their buttons.
    token = escape(get_token(request))
    return [
        Card(
            idea,
            vote_button(
                idea,
                voted=bool(idea.is_backed),
                can_back=idea.state != Idea.State.DECLINED
                and not (idea.is_by(me) or idea.pk in joined),
                token=token,
            ),
            # It comes out of a template, which has escaped it.
            mark_safe(_filled(texts[idea.pk], marked.get(idea.pk))),  # noqa: S308
        )
        for idea in ideas
    ]


def in_list(template: str, shown: Sequence[Card], context: Mapping[str, Any]) -> SafeString:
    """The template with these cards and a context in which nothing is the reader's.

    Rendered once for all readers of the same list: their buttons are put in. What else the
    template shows has to be plain, for it names what is kept.
    """
    holes = tuple(f"vote {n}" for n in range(len(shown)))

    def made() -> Piece:
        alike = [
            replace(card, vote=SafeString(mark(hole)))
            for card, hole in zip(shown, holes, strict=True)
        ]
        return Piece.cut(render_to_string(template, {**context, "cards": alike}), holes)

    name = (template, get_language(), tuple(context.items()), *(card.shared for card in shown))
    votes = {hole: card.vote for card, hole in zip(shown, holes, strict=True)}
    return remembered(_lists, name, made).filled(votes)


def _texts(named: Mapping[str, Listed]) -> dict[int, str]:
    """By idea, what all see alike: from the memory near, from the cache, or made now."""
    texts = {name: text for name in named if (text := _near.get(name)) is not None}
    if far := [name for name in named if name not in texts]:
        kept = cache.get_many(far)
        made = _made({name: named[name] for name in far if name not in kept})
        if made:
            cache.set_many(made, SECONDS_KEPT)
        texts |= kept | made
        for name in far:
            _near.keep(name, texts[name])
    return {idea.pk: texts[name] for name, idea in named.items()}


def _made(named: Mapping[str, Listed]) -> dict[str, str]:
    full = _with_words([idea.pk for idea in named.values()])
    return {name: _text(full[idea.pk], idea, name) for name, idea in named.items()}


def _text_name(idea: Listed, framed: bool) -> str:
    kind = _FRAME if framed else "card"
    return f"{kind}:{get_language()}:{idea.pk}:{idea.version}:{idea.comments_count}"


def _with_words(keys: list[int]) -> dict[int, Idea]:
    """The ideas to be rendered, with the theme, place and campaign that a card names."""
    return Idea.objects.for_cards().in_bulk(keys) if keys else {}


def _text(idea: Idea, listed: Listed, name: str) -> str:
    """The card with its title and the beginning of its text, or the frame around both."""
    framed = name.startswith(_FRAME)
    # It is kept under what was listed, whatever has been written since.
    idea.comments_count = listed.comments_count
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
