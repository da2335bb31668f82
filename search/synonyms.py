"""Words and phrases that mean the same, kept by administrators.

What an engine needs to know:

- `expanded(words)` takes what was typed apart into groups; see there. The embedded engine asks at
  every search, and takes a document that has one way of a group as having the typed word.
- `rules()` are the same sets in Solr's format, for an engine that keeps them itself; it appends a
  function to `changed`, which is called without arguments after each change was committed, in the
  process that made it, possibly several times for one change. It should be quick: ask for a task.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

from search.text import folded, normalised, terms, tokens

logger = logging.getLogger(__name__)

LONGEST_TERM = 60
MOST_TERMS = 30
MOST_WORDS = 6
USUAL = Path(__file__).parent / "data" / "synonyms.txt"
# Letters, digits and what stands inside a term; a comma ends it, and Solr reads "=>" and "\".
_TERM = re.compile(r"[^\W_](?:[\w './&+()°-]*[\w.)+°])?")
_ENDS = re.compile(r"[,;\r\n]+")

# Told when a change was committed.
changed: list[Callable[[], None]] = []

Stems = tuple[str, ...]
Group = tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """All sets, ready to be asked. Equal whatever the order of the sets and of their terms."""

    ways: dict[Stems, Group] = field(default_factory=dict)
    longest: int = 0

    @classmethod
    def of(cls, sets: Iterable[Sequence[str]]) -> "Lexicon":
        together: dict[Stems, set[str]] = {}
        for terms_of_set in sets:
            for term in terms_of_set:
                if key := tuple(terms(term)):
                    together.setdefault(key, set()).update(terms_of_set)
        ways = {key: _distinct(key, same) for key, same in together.items()}
        return cls(ways, max(map(len, ways), default=0))

    def expanded(self, words: str) -> list[Group]:
        units = _units(words)
        groups: list[Group] = []
        at = 0
        while at < len(units):
            size = self._size_at(units, at)
            key = _key(units[at : at + size])
            typed = words[units[at].start : units[at + size - 1].end]
            groups.append((typed, *self.ways.get(key, ())))
            at += size
        return groups

    def _size_at(self, units: "Sequence[_Unit]", at: int) -> int:
        """How many words from here on are one known term: the longest there is, else one word."""
        for size in range(min(self.longest, len(units) - at), 1, -1):
            if _key(units[at : at + size]) in self.ways:
                return size
        return 1


@dataclass(frozen=True)
class _Unit:
    """A written word that tells something, with its stems: one, or two around an apostrophe."""

    stems: Stems
    start: int
    end: int


def _units(words: str) -> list[_Unit]:
    units: list[_Unit] = []
    for token in tokens(words):
        if units and units[-1].start == token.start:
            units[-1] = _Unit((*units[-1].stems, token.term), token.start, token.end)
        else:
            units.append(_Unit((token.term,), token.start, token.end))
    return units


def _key(units: Sequence[_Unit]) -> Stems:
    return tuple(stem for unit in units for stem in unit.stems)


def _distinct(key: Stems, same: Iterable[str]) -> Group:
    """The other ways to say it, one spelling each, in an order of their own."""
    spellings: dict[Stems, str] = {}
    for term in sorted(same, key=lambda term: (folded(term), term)):
        spellings.setdefault(tuple(terms(term)), term)
    return tuple(term for stems, term in spellings.items() if stems and stems != key)


def expanded(words: str) -> list[Group]:
    """What was typed, taken apart: for each word or phrase, how it can be said.

    A group's first element is the typed word or phrase itself, as it stands in `words`; the others
    mean the same, in a fixed order; alone, it has none. Of phrases the longest counts (“avis de
    passage” before “avis”), read from the left. Accents, capitals, plurals and stop words do not
    matter; words that only link others (`search.text.STOP_WORDS`) are in no group of their own.
    The first elements hold every telling word once, in the order typed.

    `words` are plain words: operators are taken off before (`Wording.words`). `terms()` of an
    element are the stems that a text must have for it; more than one for a phrase. No query, but
    once in a while (`_KEPT`).
    """
    return lexicon().expanded(words)


def with_others(words: str) -> set[str]:
    """The stems of what was typed that can be said otherwise: never a slip to be corrected."""
    return {term for typed, *others in expanded(words) if others for term in terms(typed)}


def rules() -> list[str]:
    """One line for each set, its terms separated by commas: Solr's format, as it is now."""
    return sorted(", ".join(row.terms) for row in Synonyms.objects.all())


# --- What the process remembers ---------------------------------------------------------------

VERSION = "search:synonyms"
# The version is asked for once in so many seconds. Where the shared cache is none, as without
# Redis, other processes see an edit when the sets are read again.
SECONDS_TRUSTED, SECONDS_KEPT = 2, 30


class _Kept:
    """The lexicon of this process, with the version that it was read at."""

    lock = threading.Lock()
    lexicon = Lexicon()
    version: Any = None
    read_at = asked_at = float("-inf")


def lexicon() -> Lexicon:
    """The present sets, a few seconds old at most."""
    now = time.monotonic()
    if now - _Kept.asked_at >= SECONDS_TRUSTED:
        with _Kept.lock:
            version = _version()
            if version != _Kept.version or now - _Kept.read_at >= SECONDS_KEPT:
                rows = Synonyms.objects.order_by().values_list("words", flat=True)
                _Kept.lexicon = Lexicon.of([separated(words) for words in rows])
                _Kept.version, _Kept.read_at = version, now
            _Kept.asked_at = now
    return _Kept.lexicon


def _version() -> Any:
    """The one that all processes share; without the cache people must still be able to search."""
    try:
        return cache.get(VERSION)
    except Exception:
        logger.warning("The version of the synonyms is not known.", exc_info=True)
        return _Kept.version


def forget() -> None:
    """Read the sets anew at the next question."""
    _Kept.read_at = _Kept.asked_at = float("-inf")


def _spread() -> None:
    """After the commit: every process is to read the sets anew, and listeners are told."""
    forget()
    for tell in (lambda: cache.set(VERSION, uuid4().hex, None), *changed):
        try:
            tell()
        except Exception:
            logger.exception("A change of synonyms could not be told.")


def _note(**_signal: Any) -> None:
    transaction.on_commit(_spread)


# --- The sets --------------------------------------------------------------------------------


class SynonymsQuerySet(models.QuerySet["Synonyms"]):
    def load_usual(self) -> int:
        """Add the usual sets of the postal trade that hold no known term; how many that is."""
        added = 0
        with transaction.atomic():
            for line in USUAL.read_text("utf-8").splitlines():
                row = Synonyms(words="\n".join(separated(line.partition("#")[0])))
                if not row.words:
                    continue
                try:
                    row.full_clean()
                except ValidationError:
                    continue
                row.save()
                added += 1
        return added


class Synonyms(models.Model):
    """One set of words and phrases that mean the same to whoever searches."""

    words = models.TextField(
        _("words and phrases"),
        help_text=_(
            "One word or phrase per line, or separated by commas: at least two that mean the same. "
            "Accents, capitals and plurals do not matter. Whoever searches for one of them finds "
            "the others too."
        ),
    )

    objects = SynonymsQuerySet.as_manager()

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["words"]

    def __str__(self) -> str:
        return ", ".join(self.terms)

    @property
    def terms(self) -> list[str]:
        return separated(self.words)

    def clean(self) -> None:
        """Every fault of the set at once, beside its field."""
        faults = [*_faults(self.terms), *self._shared()]
        if faults and self.words:
            raise ValidationError({"words": faults})

    def _shared(self) -> list[ValidationError]:
        """The terms that another set holds: which of the two would count?"""
        own = {tuple(terms(term)): term for term in self.terms}
        faults = []
        for other in Synonyms.objects.exclude(pk=self.pk):
            for known in other.terms:
                key = tuple(terms(known))
                if key and key in own:
                    params = {"term": own.pop(key), "set": str(other)}
                    words = _("“%(term)s” is in another set already: %(set)s.")
                    faults.append(ValidationError(words, code="shared", params=params))
        return faults


def separated(words: str) -> list[str]:
    """The terms of a set as they were entered, without empty ones."""
    return [term for part in _ENDS.split(words) if (term := normalised(part))]


def _faults(entered: Sequence[str]) -> list[ValidationError]:
    faults = [fault for term in entered if (fault := _fault(term))]
    if len(entered) > MOST_TERMS:
        words = _("A set has at most %(most)s words and phrases.")
        faults.append(ValidationError(words, code="many", params={"most": MOST_TERMS}))
    if not faults and len({tuple(terms(term)) for term in entered}) < 2:
        words = _(
            "Enter at least two that differ: accents, capitals and plurals make no difference."
        )
        faults.append(ValidationError(words, code="alone"))
    return faults


def _fault(term: str) -> ValidationError | None:
    params: dict[str, Any] = {"term": term}
    if len(term) > LONGEST_TERM:
        params = {"term": f"{term[:LONGEST_TERM]}…", "most": LONGEST_TERM}
        return ValidationError(
            _("“%(term)s” has more than %(most)s characters."), code="long", params=params
        )
    if not _TERM.fullmatch(term):
        return ValidationError(
            _("“%(term)s” holds a sign that cannot be searched for."), code="sign", params=params
        )
    stems = terms(term)
    if not stems:
        return ValidationError(
            _("“%(term)s” says nothing alone: every text has such words."),
            code="empty",
            params=params,
        )
    if len(stems) > MOST_WORDS:
        params["most"] = MOST_WORDS
        return ValidationError(
            _("“%(term)s” has more than %(most)s telling words."), code="words", params=params
        )
    return None


post_save.connect(_note, sender=Synonyms, dispatch_uid="search.synonyms.saved")
post_delete.connect(_note, sender=Synonyms, dispatch_uid="search.synonyms.deleted")
