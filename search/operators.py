"""What people type to search: words, "phrases", -unwanted words, T-000123, theme:colis."""

import re
from dataclasses import dataclass

from search.engines.base import Wording
from search.text import folded

# How an operator is written, without accents and capitals, and what it asks about.
NAMES = {
    "theme": "theme",
    "irritant": "theme",
    "moment": "moment",
    "campagne": "campaign",
    "campaign": "campaign",
    "region": "region",
    "metier": "profession",
    "profession": "profession",
    "etat": "state",
    "statut": "state",
    "state": "state",
    "status": "state",
    "canal": "channel",
    "channel": "channel",
    "auteur": "author",
    "autrice": "author",
    "author": "author",
}
_QUOTED = r'["“”«][^"“”»]*["“”»]?'
_OPERATOR = re.compile(
    rf'(?<!\S)(?P<minus>[-−–])?(?P<name>[^\W\d_]+):(?P<value>{_QUOTED}|[^\s"“”«»]+)|{_QUOTED}'
)
_PIECE = re.compile(
    r'(?P<minus>(?<!\S)[-−–])?(?:["“”«](?P<phrase>[^"“”»]*)["“”»]?|(?P<word>[^\s"“”«»]+))'
)
_REFERENCE = re.compile(r"[Tt]-?0*([1-9]\d{0,17})")
_QUOTES = '"“”«» '
# Nobody searches for a page of text, or with more operators; the rest would only cost time.
LONGEST, MOST = 400, 10


@dataclass(frozen=True)
class Operator:
    """`theme:colis`: what it asks about (a value of `NAMES`), for what, and how it was typed."""

    about: str
    value: str
    unwanted: bool
    typed: str


def separated(text: str) -> tuple[str, list[Operator]]:
    """The text without its operators, and these. One without a value, or in quotes, is text.

    `typed` closes a quotation mark that was left open, so that it can stand before other text.
    """
    found: list[Operator] = []

    def taken(match: re.Match[str]) -> str:
        about = NAMES.get(folded(match["name"] or ""))
        value = (match["value"] or "").strip(_QUOTES)
        if about is None or not any(map(str.isalnum, value)) or len(found) == MOST:
            return match[0]
        shown = f'"{value}"' if match["value"][0] in _QUOTES else value
        typed = f"{match['minus'] or ''}{match['name']}:{shown}"
        found.append(Operator(about, value, bool(match["minus"]), typed))
        return " "

    rest = _OPERATOR.sub(taken, text[:LONGEST])
    return " ".join(rest.split()), found


def wording(text: str) -> Wording:
    """The typed text taken apart; a quotation mark that is never closed ends with the text."""
    words: list[str] = []
    phrases: list[str] = []
    without: list[str] = []
    for piece in _PIECE.finditer(text[:LONGEST]):
        said = (piece["phrase"] if piece["word"] is None else piece["word"]).strip()
        if not said or not any(map(str.isalnum, said)):
            continue
        if piece["minus"]:
            without.append(said)
        elif piece["word"] is None:
            phrases.append(said)
        else:
            words.append(said)
    return Wording(" ".join(words), tuple(phrases), tuple(without))


def exactly(text: str) -> str:
    """The same, with every word in quotes: it is searched as it was typed, or not found."""
    asked = wording(text)
    quoted = [f'"{said}"' for said in (*asked.words.split(), *asked.phrases)]
    return " ".join([*quoted, *(f'-"{said}"' for said in asked.without)])


def plain(text: str) -> str:
    """What is asked for, without the signs and without what is not wanted."""
    asked = wording(text)
    return " ".join([*([asked.words] if asked.words else []), *asked.phrases])


def reference(text: str) -> str:
    """The key that a reference number stands for, "" where the text is none."""
    found = _REFERENCE.fullmatch(text.strip())
    return found[1] if found else ""
