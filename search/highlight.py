"""A text in parts that are hits or not: whoever shows them escapes and marks them."""

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, field

from search.text import common_spans

Parts = list[tuple[str, bool]]
SNIPPET = 220


@dataclass(frozen=True)
class Highlight:
    title: Parts = field(default_factory=list)
    body: Parts = field(default_factory=list)


def highlighted(title: str, body: str, terms: Collection[str]) -> Highlight:
    """The whole title, and of the body the stretch that holds most hits."""
    start, end = _stretch(body, spans := common_spans(body, terms))
    inside = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    parts = _parts(body[:end], inside, start)
    if parts and start:
        parts.insert(0, ("… ", False))
    if parts and end < len(body):
        parts.append((" …", False))
    return Highlight(_parts(title, common_spans(title, terms), 0), parts)


def marked(text: str, terms: Collection[str]) -> Parts:
    """The whole text, with the words that are among the terms as hits."""
    return _parts(text, common_spans(text, terms), 0)


def _parts(text: str, spans: list[tuple[int, int]], at: int) -> Parts:
    parts: Parts = []
    for start, end in spans:
        if start > at:
            parts.append((text[at:start], False))
        parts.append((text[start:end], True))
        at = end
    if at < len(text):
        parts.append((text[at:], False))
    return parts


def _stretch(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Where the snippet begins and ends, at spaces."""
    if len(text) <= SNIPPET:
        return 0, len(text)
    starts = [start for start, _ in spans]
    most, start = 0, 0
    for place, first in enumerate(starts):
        hits = bisect_left(starts, first + SNIPPET - 40) - place
        if hits > most:
            most, start = hits, first
    # A little of what comes before the first hit, and never beyond the end.
    start = min(max(0, start - 40), len(text) - SNIPPET)
    if start:
        start = text.find(" ", start, start + 40) + 1 or start
    end = start + SNIPPET
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + SNIPPET // 2)
    return start, min(end, len(text))
