"""What people type into the search box: words, "phrases", -unwanted words, T-000123."""

import re

from search.engines.base import Wording

_PIECE = re.compile(
    r'(?P<minus>(?<!\S)[-−–])?(?:["“”«](?P<phrase>[^"“”»]*)["“”»]?|(?P<word>[^\s"“”«»]+))'
)
_REFERENCE = re.compile(r"[Tt]-?0*([1-9]\d{0,17})")
# Nobody searches for a page of text; the rest would only cost time.
LONGEST = 400


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


def reference(text: str) -> str:
    """The key that a reference number stands for, "" where the text is none."""
    found = _REFERENCE.fullmatch(text.strip())
    return found[1] if found else ""
