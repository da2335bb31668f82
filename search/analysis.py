"""The words of a document as they are stored: analysed once, when the text is written."""

import zlib

import numpy as np

from search.text import terms

# Raise it whenever `search.text` gives other terms: `search_rebuild` renews older rows.
ANALYSIS = 1
# Stands between the title's terms and the body's.
BOUNDARY = 0


def code(term: str) -> int:
    """A term as 32 bits, never `BOUNDARY`; of 100,000 words about one pair shares its code."""
    return zlib.crc32(term.encode()) or 1


def packed(title: str, body: str) -> bytes:
    """Codes of the title's terms, `BOUNDARY`, codes of the body's, four bytes each."""
    codes = [*map(code, terms(title)), BOUNDARY, *map(code, terms(body))]
    return np.array(codes, "<u4").tobytes()
