"""Pieces of pages that many readers see alike: rendered once, with holes for what is the reader's.

A piece is rendered from a few plain values that are named one by one, never from the request or
from what the page around it knows: nothing of a reader is there to be kept by mistake. These
values are what it is kept under. What belongs to the reader is put into its holes each time.
"""

import hmac
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from pieces.memory import Memory

# So many are kept in a process, those that were wanted last; each has a few kilobytes.
MOST = 1000
Plain = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Text, the name of a hole, text, the name of a hole, … and text."""

    parts: tuple[str, ...]

    @classmethod
    def cut(cls, html: str, holes: tuple[str, ...]) -> "Piece":
        """What was rendered with the marks of these holes, cut at them."""
        if not holes:
            return cls((html,))
        names = {mark(hole): hole for hole in holes}
        cut = re.split(f"({'|'.join(names)})", html)
        return cls(tuple(names.get(part, part) for part in cut))

    def partly(self, known: Mapping[str, Any]) -> "Piece":
        """With these holes filled for good, escaped as a template would."""
        parts = [self.parts[0]]
        for hole, text in zip(self.parts[1::2], self.parts[2::2], strict=True):
            if hole in known:
                parts[-1] += conditional_escape(known[hole]) + text
            else:
                parts += [hole, text]
        return Piece(tuple(parts))

    def filled(self, own: Mapping[str, Any]) -> SafeString:
        """With the reader's own values, escaped as a template would."""
        parts = list(self.parts)
        parts[1::2] = [conditional_escape(own[hole]) for hole in self.parts[1::2]]
        # The texts between come out of a template, which has escaped them.
        return mark_safe("".join(parts))  # noqa: S308


_kept = Memory[Piece](MOST, inf)


@lru_cache
def mark(hole: str) -> str:
    """Stands for a hole while its piece is rendered; nobody can guess it and write it."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"pieces.{hole}".encode(), "sha256").hex()


def piece(template: str, values: Mapping[str, Plain], holes: tuple[str, ...] = ()) -> Piece:
    """The template, rendered from these values alone in the language of the page."""
    # With their types: a text that is safe, and true, are equal to what is rendered otherwise.
    typed = tuple((name, type(value), value) for name, value in values.items())
    name = (template, get_language(), typed, holes)
    return remembered(_kept, name, lambda: _rendered(template, values, holes))


def remembered(memory: Memory[Piece], name: Hashable, make: Callable[[], Piece]) -> Piece:
    """What is kept under a name that says all of it; while templates are edited, made anew."""
    return make() if settings.DEBUG else memory.get_or_make(name, make)


def _rendered(template: str, values: Mapping[str, Plain], holes: tuple[str, ...]) -> Piece:
    for name, value in values.items():
        if not isinstance(value, Plain):
            raise TypeError(f"{template}: {name} is no plain value: {type(value).__name__}")
    context = {**values, **{hole: mark(hole) for hole in holes}}
    return Piece.cut(render_to_string(template, context), holes)
