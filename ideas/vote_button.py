"""The button to back an idea: one piece for all ideas, with the number and the words put in."""

from functools import lru_cache
from typing import Protocol

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.safestring import SafeString

from pieces import piece

HOLES = ("csrf_token", "url", "number", "title")


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
    # A word is singular or plural from two on, in both languages.
    values = {"voted": voted, "can_back": can_back, "wide": wide, "few": min(idea.support, 2)}
    return piece("components/vote.html", values, HOLES).filled(
        {
            "csrf_token": token,
            "url": _address(idea.pk),
            "number": intcomma(idea.support),
            "title": idea.title,
        }
    )


@lru_cache(20_000)
def _address(pk: int) -> str:
    return reverse("ideas:vote", args=[pk])
