"""Operators of the search box, turned into the filters of the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from ideas import authors
from ideas.naming import Meant, meant
from search.operators import Operator

# What every idea has: to leave one out is to choose the others.
OF_EVERY_IDEA = frozenset({"theme", "state"})
NOTHING = {
    "theme": _("No theme is called “%(value)s”."),
    "moment": _("No moment of truth is called “%(value)s”."),
    "campaign": _("No campaign is called “%(value)s”."),
    "region": _("No region is called “%(value)s”."),
    "profession": _("No profession is called “%(value)s”."),
    "state": _("Ideas are never in a state called “%(value)s”."),
    "channel": _("No channel is called “%(value)s”."),
    "author": _("No idea is signed by anyone called “%(value)s”."),
}
SEVERAL = _("“%(value)s” can mean several things:")
NEAR = _("Nearest to it:")
NOT_LEFT_OUT = _("“%(typed)s” is not possible: only a theme or a state can be left out.")

Chosen = dict[str, list[str]]


@dataclass(frozen=True)
class Doubt:
    """An operator that could not be followed; `near` are keys of what may be meant, and names."""

    operator: Operator
    near: Mapping[str, str]
    several: bool = False
    refused: bool = False

    @property
    def says(self) -> Any:
        words = NOT_LEFT_OUT if self.refused else NOTHING[self.operator.about]
        if self.several:
            words = SEVERAL
        return words % {"value": self.operator.value, "typed": self.operator.typed}

    @property
    def before_near(self) -> Any:
        return "" if self.several else NEAR


@dataclass(frozen=True)
class Narrowed:
    chosen: Chosen
    doubts: list[Doubt]


def narrowed(
    operators: Sequence[Operator],
    chosen: Chosen,
    names: Mapping[str, Mapping[str, str]],
    called: Mapping[str, Mapping[str, Sequence[str]]],
) -> Narrowed:
    """What is chosen, by facet, with what the operators ask for; and those that make no sense."""
    result = Narrowed({about: list(keys) for about, keys in chosen.items()}, [])
    for operator in operators:
        if operator.unwanted and operator.about not in OF_EVERY_IDEA:
            result.doubts.append(Doubt(operator, {}, refused=True))
            continue
        found, labels = _asked_for(operator, names, called)
        if found.key:
            _choose(result.chosen, operator, found.key, list(labels))
        else:
            near = {key: labels[key] for key in found.near}
            result.doubts.append(Doubt(operator, near, found.several))
    return result


def _asked_for(
    operator: Operator,
    names: Mapping[str, Mapping[str, str]],
    called: Mapping[str, Mapping[str, Sequence[str]]],
) -> tuple[Meant, Mapping[str, str]]:
    if operator.about == "author":
        return authors.called(operator.value)
    return meant(operator.value, called[operator.about]), names[operator.about]


def _choose(chosen: Chosen, operator: Operator, key: str, every: list[str]) -> None:
    present = chosen.setdefault(operator.about, [])
    if operator.unwanted:
        chosen[operator.about] = [other for other in present or every if other != key]
    elif key not in present:
        present.append(key)
