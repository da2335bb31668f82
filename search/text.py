"""French text analysis: the words of a text, folded so that spelling variants fall together.

Accents, ligatures, typographic apostrophes, capitals, plurals and elisions do not matter:
« les évènements », « l’évenement » and « ÉVÉNEMENTS » all give ``even``. Pure functions.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import log
from threading import Lock
from typing import NamedTuple

import snowballstemmer

_WORD = re.compile(r"[^\W_][\w\u0300-\u036f]*(?:['’ʼ‘`´][^\W_][\w\u0300-\u036f]*)*")
_APOSTROPHE = re.compile(r"['’ʼ‘`´]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
_SPACE = re.compile(r"\s+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_PLURALS_OF_AIL = {
    f"{root}aux": f"{root}ail" for root in ("trav", "b", "vitr", "cor", "em", "soupir")
}
_ELISIONS = "l d j m t s n c qu jusqu lorsqu puisqu quoiqu presqu quelqu entr"
ELISIONS = frozenset(_ELISIONS.split())
_EMPTY_WORDS = """
    a ai ainsi alors apres as au aucun aucune aujourdhui aupres aura aurait aussi autre autres aux
    avaient avais avait avant avec avez avoir avons ayant beaucoup bien c ca car ce ceci cela
    celle celles celui cent certain certaine certaines certains ces cet cette ceux chaque chez ci
    comme comment d dans de deja depuis des desormais deux devoir devrait devraient doit doivent
    donc dont du durant e elle elles en encore enfin ensuite entre es est et etaient etait etant
    ete etes etre eu eux fait faire fais faites faudra faudrait faut font furent fut grace hors
    hui ici il ils j je jusqu l la laquelle le lequel les lesquelles lesquels leur leurs lors
    lorsque lui m ma mais me meme memes merci mes mettre moi moins mon n ne ni non nos notre nous
    o on ont or ou par parce parfois parmi pas pendant permettre peu peut peuvent peux plus
    plusieurs plutot pour pourquoi pourra pourrait pouvoir pres puis puisque qu quand que quel
    quelle quelles quelqu quelque quelques quels qui quoi rien s sa sans sauf se selon sera
    serait seront ses si sinon soit sommes son sont sous souvent soyez soyons suis sur t ta tandis
    tant te tel telle telles tels tes toi ton toujours tous tout toute toutes tres trop tu un une va
    vais vers veut veux voici voila vont vos votre vous vraiment y
    the of and to in is it that for on with as are this be at by an we you from or not
    """
STOP_WORDS = frozenset(_EMPTY_WORDS.split())


class Token(NamedTuple):
    """One word of a text: its folded stem and where it stands, in characters."""

    term: str
    start: int
    end: int


def normalised(text: str) -> str:
    """The text as it is hashed and embedded: NFC, plain apostrophes, single spaces."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _SPACE.sub(" ", _APOSTROPHE.sub("'", text)).strip()


def text_hash(text: str) -> str:
    """32 hexadecimal characters that change only when the normalised text does."""
    return hashlib.blake2b(normalised(text).encode("utf-8", "replace"), digest_size=16).hexdigest()


def folded(text: str) -> str:
    """Lower case without accents, ligatures or typographic apostrophes."""
    text = _APOSTROPHE.sub("'", text.lower().translate(_LIGATURES))
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_stem_word: Callable[[str], str] = snowballstemmer.stemmer("french").stemWord
# A stemmer keeps the word that it is at in itself: of two threads at once both get a wrong stem.
_stemming = Lock()


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of one folded word.

    Folding comes before stemming: Snowball's French rules look at accents, which people leave
    out. What folding hides from them is put right first: participles (``realisees``), plurals
    after a, i, o, u (``velos``), and the few plurals in -aux that come from -ail.
    """
    if len(word) > 3:
        word = _PLURALS_OF_AIL.get(word, word)
        word = re.sub(r"(?<=e)(?:e|es|s)$|(?<=[aiouy])s$|(?<=[eo]u)x$", "", word)
    with _stemming:
        stemmed = _stem_word(word)
    return folded(stemmed) or word


@lru_cache(maxsize=1 << 16)
def _stems(word: str) -> tuple[str, ...]:
    """The terms of one raw word, which may carry elisions: « jusqu’à l’entrée » is two words."""
    parts = folded(word).split("'")
    if "".join(parts) in {"aujourdhui", "quelquun", "quelquune"}:
        return ()
    while len(parts) > 1 and parts[0] in ELISIONS:
        parts.pop(0)
    kept = (p for p in parts if p not in STOP_WORDS and (len(p) > 1 or p.isdigit()))
    return tuple(stem(part) for part in kept)


def tokens(text: str) -> list[Token]:
    """The telling words of a text, stop words left out, in order, with their places."""
    return [
        Token(term, match.start(), match.end())
        for match in _WORD.finditer(text)
        for term in _stems(match.group())
    ]


def terms(text: str) -> list[str]:
    """The folded stems of a text's words, in order, repeated as often as they occur."""
    return [term for word in _WORD.findall(text) for term in _stems(word)]


def inverse_frequency(frequency: float, total: float) -> float:
    """BM25's inverse document frequency, never negative: ln(1 + (N - n + ½) / (n + ½)).

    Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond"
    (2009), with Lucene's "1 +".
    """
    return log(1 + (max(total - frequency, 0) + 0.5) / (frequency + 0.5))


def telling_terms(
    words: Sequence[str], frequencies: Mapping[str, int], total: int, limit: int = 12
) -> list[str]:
    """The ``limit`` most telling distinct terms: highest count × inverse frequency first.

    Words that no document holds come last: asked alone, they would find nothing.
    """
    counts = Counter(words)

    def weight(term: str) -> float:
        frequency = frequencies.get(term, 0)
        known = inverse_frequency(frequency, total) if frequency else 0.0
        return (1 + log(counts[term])) * known

    return sorted(counts, key=lambda term: (-weight(term), term))[:limit]


def common_spans(text: str, other: str | Iterable[str]) -> list[tuple[int, int]]:
    """Where ``text`` has words that ``other`` (a text, or its terms) has too.

    Spans of characters, in order, without overlap: « l’ » and its word are one span.
    """
    shared = set(terms(other) if isinstance(other, str) else other)
    return sorted({(token.start, token.end) for token in tokens(text) if token.term in shared})
