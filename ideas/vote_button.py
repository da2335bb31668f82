"""The button to back an idea: one piece for all ideas, with the number and the words put in."""

from math import inf
from typing import Protocol

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from pieces import Piece, piece, remembered
from pieces.memory import Memory

HOLES = ("csrf_token", "url", "number", "title")
# The same ideas stand on the lists of most readers; each button has about a kilobyte.
_buttons = Memory[Piece](4000, inf)


class Backed(Protocol):
    @property
    def pk(self) -> int: ...
    @property
    def support(self) -> int: ...
    @property
    def title(self) -> str: ...


def vote_button(
    idea: Backed, *, voted: bool, can_back: bool, token: object, wide: bool = False
) -> SafeString:
    pk, support, title = idea.pk, idea.support, idea.title

    def made() -> Piece:
        # A word is singular or plural from two on, in both languages.
        values = {"voted": voted, "can_back": can_back, "wide": wide, "few": min(support, 2)}
        url = reverse("ideas:vote", args=[pk])
        return piece("components/vote.html", values, HOLES).partly(
            {"url": url, "number": intcomma(support), "title": title}
        )

    name = (get_language(), pk, support, title, voted, can_back, wide)
    return remembered(_buttons, name, made).filled({"csrf_token": token})
