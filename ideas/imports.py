"""Reading ideas from somebody's own file, and writing them in bulk without losing a row."""

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from accounts.models import Entity, Label, Profession
from ideas import documents
from ideas.models import Campaign, Channel, Event, Idea, Moment, Theme
from ideas.models.seal import digest
from search import similarity

BATCH = 500
TITLE_LENGTH = Idea._meta.get_field("title").max_length or 120
BODY_LENGTH = Idea._meta.get_field("body").max_length or 5000

# The words people use for our columns.
COLUMNS = {
    "key": ("key", "id", "reference", "référence", "clé"),
    "title": ("title", "titre", "objet"),
    "body": ("body", "text", "texte", "description", "idea", "idée", "contenu"),
    "theme": ("theme", "thème", "category", "catégorie"),
    "moment": ("moment", "moment de vérité"),
    "channel": ("channel", "canal"),
    "campaign": ("campaign", "campagne"),
    "entity": ("entity", "entité", "place", "lieu", "site"),
    "profession": ("profession", "métier"),
    "date": ("date", "submitted", "submitted_at", "créée le"),
}
UNSORTED = {"slug": similarity.UNSORTED, "name_fr": "À classer", "name_en": "To be sorted"}

Values = dict[str, Any]


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass
class Report:
    """What came of an import: rows taken, rows known already, rows refused with line and reason."""

    imported: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    unsorted: Counter[str] = field(default_factory=Counter)


def read(path: Path) -> Iterator[tuple[int, Values | str]]:
    """The rows of a CSV, XLSX or JSON lines file (gzip too): line number, and values or fault."""
    name = path.name.removesuffix(".gz").lower()
    try:
        if name.endswith(".xlsx"):
            yield from _read_xlsx(path)
        elif name.endswith((".jsonl", ".ndjson")):
            yield from _read_json_lines(path)
        elif name.endswith((".csv", ".tsv", ".txt")):
            yield from _read_csv(path)
        else:
            raise UnreadableFile(_("Give a file in CSV, XLSX or JSON lines, possibly in gzip."))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise UnreadableFile(f"{path.name}: {error}") from error


def _open(path: Path) -> io.BufferedReader:
    if path.name.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(path))
    return path.open("rb")


def _read_json_lines(path: Path) -> Iterator[tuple[int, Values | str]]:
    with _open(path) as file:
        for line, text in enumerate(io.TextIOWrapper(file, "utf-8-sig"), start=1):
            if not text.strip():
                continue
            try:
                values = json.loads(text)
            except ValueError as error:
                yield line, _("not JSON: %s") % error
                continue
            yield line, named(values) if isinstance(values, dict) else _("not a JSON object")


def _read_csv(path: Path) -> Iterator[tuple[int, Values | str]]:
    with _open(path) as file:
        raw = file.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    sample = text[:20_000]
    delimiter = max(";,\t", key=sample.split("\n", 1)[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    for values in reader:
        yield reader.line_num, named({k: v for k, v in values.items() if k is not None})


def _read_xlsx(path: Path) -> Iterator[tuple[int, Values | str]]:
    with _open(path) as file:
        sheet = load_workbook(io.BytesIO(file.read()), read_only=True, data_only=True).active
    if sheet is None:
        raise UnreadableFile(_("The workbook has no sheet."))
    rows = sheet.iter_rows(values_only=True)
    header = [str(cell or "") for cell in next(rows, ())]
    for line, row in enumerate(rows, start=2):
        if any(cell is not None for cell in row):
            yield line, named(dict(zip(header, row, strict=False)))


def named(values: Values) -> Values:
    """The row under our own names for its columns; empty cells are left out."""
    given = {str(name).strip().lower(): value for name, value in values.items()}
    found = {
        ours: next((given[word] for word in words if given.get(word) not in (None, "")), None)
        for ours, words in COLUMNS.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def title_from(body: str) -> str:
    """The first sentence, cut at a word to the length of a title."""
    first = re.split(r"(?<=[.!?…])\s|\n", body.strip(), maxsplit=1)[0]
    if len(first) <= TITLE_LENGTH:
        return first
    return first[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


class Words:
    """The taxonomy by key and by name, in either language, whatever the case."""

    def __init__(self) -> None:
        self.themes = self._labels(Theme)
        self.moments = self._labels(Moment)
        self.channels = self._labels(Channel)
        self.professions = self._labels(Profession)
        self.campaigns = {c.slug.lower(): c for c in Campaign.objects.all()}
        self.entities: dict[str, Entity] = {}
        for entity in Entity.objects.select_related("region"):
            self.entities |= {entity.code.lower(): entity, entity.name.lower(): entity}
        self.unsorted: Theme | None = self.themes.get(UNSORTED["slug"])

    @staticmethod
    def _labels(model: type[Label]) -> dict[str, Any]:
        return {
            name.lower(): label
            for label in model._default_manager.all()
            for name in (label.name_fr, label.name_en, label.slug)
        }

    def theme(self, word: str) -> tuple[Theme, bool]:
        """The theme of that name, and whether it is known."""
        if theme := self.themes.get(word.strip().lower()):
            return theme, True
        if self.unsorted is None:
            self.unsorted = Theme.objects.create(**UNSORTED)
        return self.unsorted, False


def to_idea(values: Values, source: str, line: int, words: Words, report: Report) -> Idea:
    """An unsaved, published idea; ValidationError where the row cannot become one."""
    body = str(values.get("body", "")).strip()
    title = str(values.get("title", "")).strip() or title_from(body)
    body = body or title
    if not re.search(r"\w", title):
        raise ValidationError(_("no text"))
    if len(body) > BODY_LENGTH:
        raise ValidationError(
            _("the text has %(length)s characters, at most %(limit)s fit")
            % {"length": len(body), "limit": BODY_LENGTH}
        )
    word = str(values.get("theme", ""))
    theme, known = words.theme(word)
    if not known:
        report.unsorted[word] += 1
    submitted = moment_of(values.get("date"))
    return Idea(
        title=title[:TITLE_LENGTH],
        body=body,
        theme=theme,
        moment=words.moments.get(str(values.get("moment", "")).lower()),
        channel=words.channels.get(str(values.get("channel", "")).lower()),
        profession=words.professions.get(str(values.get("profession", "")).lower()),
        campaign=words.campaigns.get(str(values.get("campaign", "")).lower()),
        entity=words.entities.get(str(values.get("entity", "")).lower()),
        state=Idea.State.PUBLISHED,
        submitted_at=submitted,
        published_at=submitted,
        submission=digest("import", source, values.get("key", line)),
    )


def _batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def moment_of(value: object) -> datetime:
    """The date of a cell, in the company's time zone; now where there is none."""
    if isinstance(value, datetime):
        found: datetime | None = value
    else:
        text = str(value or "")
        try:
            found = parse_datetime(text) or None
            if found is None and (day := parse_date(text)):
                found = datetime(day.year, day.month, day.day)
        except ValueError:
            raise ValidationError(_("“%s” is not a date") % text) from None
        if found is None and text:
            raise ValidationError(_("“%s” is not a date") % text)
    if found is None:
        return timezone.now()
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def load(rows: Iterable[tuple[int, Values | str]], source: str) -> Iterator[Report]:
    """Import the rows batch by batch, yielding the report so far after each.

    A row of `source` that came in before is known by its key (or its line) and left alone, so an
    interrupted import is finished by running it again.
    """
    report, words = Report(), Words()
    for batch in _batches(rows, BATCH):
        ideas = []
        for line, values in batch:
            try:
                if isinstance(values, str):
                    raise ValidationError(values)
                ideas.append(to_idea(values, source, line, words, report))
            except ValidationError as error:
                report.refused.append((line, " ".join(error.messages)))
        create(ideas, report)
        yield report


def create(ideas: list[Idea], report: Report) -> None:
    """Write new ideas with their events and documents in one transaction."""
    with transaction.atomic():
        known = set(
            Idea.objects.filter(submission__in=[idea.submission for idea in ideas]).values_list(
                "submission", flat=True
            )
        )
        fresh = {i.submission: i for i in ideas if i.submission not in known}
        created = Idea.objects.bulk_create(fresh.values())
        Event.objects.bulk_create(
            Event(idea=idea, kind=kind, at=idea.submitted_at, after=idea.state)
            for idea in created
            for kind in (Event.Kind.SUBMITTED, Event.Kind.PUBLISHED)
        )
        documents.write_new(created)
    report.imported += len(created)
    report.known += len(ideas) - len(created)
