"""What the generated ideas are about: needs, remedies and details, read from ``grammar/``.

``themes/*.json`` hold needs (an object, what is wrong with it, causes, remedies), ``contexts.json``
the details that narrow a proposal, by world: a public, a moment, a kind of place.
In every phrase ``[a|b]`` is a choice, ``{o}`` the object of the need, ``{e}`` its feminine ending.
A phrase without final punctuation is a clause or an infinitive, to be framed; any other stands
alone. An object ends in ``+f`` or ``+m`` where its article does not tell its gender.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).parent / "grammar"
DIMENSIONS = ("public", "moment", "place")


@dataclass(frozen=True)
class Detail:
    dimension: str
    say: tuple[str, ...]
    why: tuple[str, ...]


Narrowings = tuple[tuple[Detail, ...], ...]


@dataclass(frozen=True, eq=False)
class Need:
    """One thing that is wrong, with every way to say it and to mend it."""

    theme: str
    weight: int
    world: str
    channel: str | None
    moment: str | None
    professions: tuple[str, ...]
    object: str
    feminine: bool
    topics: tuple[str, ...]
    problems: tuple[str, ...]
    causes: tuple[str, ...]
    remedies: tuple[tuple[str, ...], ...]
    narrowings: tuple[Narrowings, Narrowings, Narrowings]  # single details, pairs, odd pairs


@cache
def read(name: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((GRAMMAR / name).read_text("utf-8"))
    return words


@cache
def needs() -> tuple[Need, ...]:
    """Every need, one per object of the files' needs, in a fixed order."""
    names = sorted(path.name for path in (GRAMMAR / "themes").glob("*.json"))
    themes = [read(f"themes/{name}") for name in names]
    return tuple(
        _need(theme, need, thing)
        for theme in themes
        for need in theme["needs"]
        for thing in need.get("objects", [""])
    )


def _need(theme: dict[str, Any], need: dict[str, Any], thing: str) -> Need:
    own = {**theme, **need}
    return Need(
        theme=theme["theme"],
        weight=theme["weight"],
        world=own["world"],
        channel=own["channel"],
        moment=own["moment"],
        professions=tuple(theme["professions"]),
        object=re.sub(r"\+[fm]$", "", thing),
        feminine=thing.endswith("+f") or thing.startswith(("la ", "une ")),
        topics=tuple(need["topic"]),
        problems=tuple(need["problem"]),
        causes=tuple(phrase for name in need["causes"] for phrase in theme["causes"][name]),
        remedies=tuple(map(tuple, need["remedies"])),
        narrowings=_narrowings(own["world"], tuple(own["scopes"])),
    )


@cache
def _narrowings(world: str, scopes: tuple[str, ...]) -> tuple[Narrowings, Narrowings, Narrowings]:
    """Single details that suit a need, their pairs, and the pairs kept for immense scales."""
    context = read("contexts.json")[world]
    details = {
        name: [Detail(name, tuple(item["say"]), tuple(item["why"])) for item in context[name]]
        for name in DIMENSIONS
    }
    pairs: dict[bool, list[tuple[Detail, ...]]] = {True: [], False: []}
    for one, two in combinations(DIMENSIONS, 2):
        pairs[{one, two} <= set(scopes)] += product(details[one], details[two])
    singles = tuple((detail,) for name in scopes for detail in details[name])
    return singles, tuple(pairs[True]), tuple(pairs[False])
