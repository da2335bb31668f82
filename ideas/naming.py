"""What people call a thing, and which of the known things they mean."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from search.text import folded

# So many names are offered where none fits, or several do.
NEAR = 4
_WORD = re.compile(r"[^\W_]+")
Names = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Meant:
    """The one thing that is meant, else those that may be; `several`: all of them are called so."""

    key: str = ""
    near: list[str] = field(default_factory=list)
    several: bool = False


def simple(name: str) -> str:
    """A name without accents, capitals and signs: “Île-de-France” and “ile de france” are one."""
    return " ".join(_WORD.findall(folded(name)))


def meant(value: str, names: Names) -> Meant:
    """Which thing a name means, of things with several names each; a unique beginning suffices."""
    asked = simple(value)
    called = {key: [simple(name) for name in given] for key, given in names.items()}
    same = [key for key, given in called.items() if asked in given]
    begun = [key for key, given in called.items() if any(n.startswith(asked) for n in given)]
    for found in (same, begun):
        if len(found) == 1:
            return Meant(found[0])
        if found:
            return Meant(near=found[:NEAR], several=True)
    return Meant(near=_near(asked, called))


def _near(asked: str, called: Mapping[str, list[str]]) -> list[str]:
    """Those with a word that begins so, then those that are spelt nearly so."""
    within = [key for key, given in called.items() if any(f" {asked}" in name for name in given)]
    by_name = {name: key for key, given in called.items() for name in given}
    by_name |= {name[: len(asked)]: key for name, key in list(by_name.items())}
    spelt = [by_name[name] for name in get_close_matches(asked, by_name, NEAR, 0.7)]
    return list(dict.fromkeys([*within, *spelt]))[:NEAR]
