"""The place of an idea, found among thousands from what a person types of its name or code."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Entity
from pieces.memory import shared

SECONDS_KEPT = 300
_CODE_AT_END = re.compile(r"\(([^()]+)\)\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    code: str
    name: str
    region: str
    folded: str

    @property
    def label(self) -> str:
        return label(self.name, self.code)


def label(name: str, code: str) -> str:
    return f"{name} ({code})"


def matching(words: str, most: int = 8) -> list[Place]:
    """The places that have every word typed at the start of one of their own; whole names first."""
    wanted = folded(words).split()
    if not wanted:
        return []
    whole = " ".join(wanted)
    found = [place for place in _known() if all(f" {word}" in place.folded for word in wanted)]
    found.sort(key=lambda place: (not place.folded.startswith(f" {whole}"), place.name))
    return found[:most]


def named(code: str) -> str:
    """The label of the place of this code; empty where there is none."""
    name = Entity.objects.filter(code=code).values_list("name", flat=True).first()
    return label(name, code) if name else ""


def resolve(typed: str) -> Entity:
    """The entity that a person means by a code, "name (code)" or a name.

    Raises `ValidationError` where there is none, or several.
    """
    typed = typed.strip()
    at_end = _CODE_AT_END.search(typed)
    for code in filter(None, (at_end and at_end[1].strip(), typed)):
        entity = Entity.objects.filter(code__iexact=code).first()
        if entity:
            return entity
    found = matching(typed, most=6)
    same = [place for place in found if folded(place.name) == folded(typed)]
    chosen = same or found
    if len(chosen) == 1:
        return Entity.objects.get(code=chosen[0].code)
    if not chosen:
        raise ValidationError(
            _("No place has this name or code. Try part of its name, or leave this empty."),
            code="unknown",
        )
    raise ValidationError(
        _("Several places match: %(places)s. Choose one, or type its code."),
        code="several",
        params={"places": ", ".join(place.label for place in chosen)},
    )


def folded(text: str) -> str:
    """Lower case, without accents or punctuation, for comparing names as people type them."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def _known() -> list[Place]:
    return shared("ideas.places", SECONDS_KEPT, _all)


def _all() -> list[Place]:
    rows = Entity.objects.order_by("name").values_list("code", "name", "region__name")
    return [Place(c, n, r, f" {folded(n)} {folded(c)}") for c, n, r in rows]
