"""Reading labelled texts of several forms: pairs, queries with their answers, groups, corpora.

A file's form is told by its columns, not its name. Bad rows are left out and reported with their
line. Plain or gzipped; UTF-8 or Windows-1252; CSV (comma, semicolon or tab), JSON lines or a JSON
list.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]

_TWO_TEXTS = (
    ("text1", "text2"),
    ("sentence1", "sentence2"),
    ("question1", "question2"),
    ("idea1", "idea2"),
    ("texte1", "texte2"),
    ("phrase1", "phrase2"),
    ("text_a", "text_b"),
    ("a", "b"),
)
_LABELS = ("label", "score", "similarity", "gold", "grade", "is_duplicate", "duplicate", "note")
_IDS = ("id", "key", "faq_id", "_id", "doc_id")
_BODIES = ("body", "text", "texte", "content", "description")
# Of a graded scale, what counts as the same: 2 of 0-2, 4 and above of 0-5, 1 of 0-1.
_SAME = 0.8


class Problem(NamedTuple):
    """A row that could not be used."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass
class Pairs:
    """Two texts and how alike people found them, row by row."""

    name: str
    ones: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.labels)

    @property
    def graded(self) -> bool:
        return len(set(self.labels)) > 2

    @property
    def same(self) -> list[bool]:
        """The same idea or not: at least eight tenths of the scale's highest label."""
        return [label >= _SAME * max(self.labels) > 0 for label in self.labels]

    def add(self, one: str, other: str, label: float) -> None:
        self.ones.append(one)
        self.others.append(other)
        self.labels.append(label)


@dataclass
class Queries:
    """What was asked, and which of the corpus's texts (by number) answer it.

    ``left_out`` are numbers that are neither answers nor mistakes: the asking text itself, and
    its other known answers where each is asked for alone.
    """

    name: str
    corpus: list[str]
    asked: list[str] = field(default_factory=list)
    relevant: list[set[int]] = field(default_factory=list)
    left_out: list[set[int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.asked)

    def add(self, query: str, relevant: set[int], left_out: set[int] | None = None) -> None:
        self.asked.append(query)
        self.relevant.append(relevant)
        self.left_out.append(left_out or set())


class Corpus:
    """Texts that can be found, each once, by identifier or by the text itself."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._texts: dict[str, int] = {}

    def add(self, text: str, identifier: str = "") -> int:
        number = self._texts.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        if identifier:
            self._numbers.setdefault(identifier, number)
        return number

    def find(self, reference: str) -> int | None:
        """The number of a text, given its identifier or itself."""
        number = self._numbers.get(reference)
        return self._texts.get(reference.strip()) if number is None else number

    def copy(self) -> "Corpus":
        twin = Corpus()
        twin.texts = list(self.texts)
        twin._numbers, twin._texts = dict(self._numbers), dict(self._texts)
        return twin


def rows(path: Path, problems: list[Problem]) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their line numbers; unreadable ones go to ``problems``."""
    raw = path.read_bytes()
    text = _decoded(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    start = text.lstrip()[:1]
    if start == "[":
        yield from enumerate(json.loads(text), 1)
    elif start == "{":
        yield from _json_lines(path.name, text, problems)
    else:
        yield from _csv_rows(path.name, text, problems)


def form(columns: Iterable[str]) -> str:
    """What a row with these columns is: pairs, queries, groups or corpus. Raises ValueError."""
    names = set(columns)
    if names & {"queries", "query"}:
        return "queries"
    if _two_texts(names) and names & set(_LABELS):
        return "pairs"
    if "group" in names and names & set(_BODIES):
        return "groups"
    if names & {"title", *_BODIES}:
        return "corpus"
    raise ValueError(f"no known form has the columns {', '.join(sorted(names)) or '(none)'}")


def add_to_corpus(path: Path, corpus: Corpus, problems: list[Problem]) -> None:
    """Read a file of texts into ``corpus``."""
    for line, row in rows(path, problems):
        text = whole_text(row)
        if text:
            corpus.add(text, str(_first(row, _IDS) or ""))
        else:
            problems.append(Problem(path.name, line, "no text"))


def read_pairs(path: Path, problems: list[Problem]) -> Pairs:
    found = Pairs(_stem(path))
    for line, row in rows(path, problems):
        columns = _two_texts(row)
        one, other = (str(row[name] or "").strip() for name in columns) if columns else ("", "")
        label = _number(_first(row, _LABELS))
        if not one or not other:
            problems.append(Problem(path.name, line, "one of the two texts is missing"))
        elif label is None:
            problems.append(Problem(path.name, line, "the label is not a number"))
        else:
            found.add(one, other, label)
    return found


def read_queries(path: Path, corpus: Corpus, problems: list[Problem]) -> Queries:
    """Queries whose answers, named by identifier or text, are in ``corpus``."""
    found = Queries(_stem(path), corpus.texts)
    for line, row in rows(path, problems):
        asked = row.get("queries") or [row.get("query")]
        named = _named_answers(row)
        numbers = {number for number in map(corpus.find, named) if number is not None}
        if len(numbers) < len(set(named)):
            missing = len(set(named)) - len(numbers)
            problems.append(Problem(path.name, line, f"{missing} answers not in the corpus"))
        if not numbers:
            continue
        for query in asked if isinstance(asked, list) else [asked]:
            if isinstance(query, str) and query.strip():
                found.add(query.strip(), numbers)
            else:
                problems.append(Problem(path.name, line, "an empty query"))
    return found


def read_groups(path: Path, corpus: Corpus, problems: list[Problem]) -> tuple[Queries, Pairs]:
    """Ideas labelled ``group`` and ``near_miss_of``: to be found, and to be told apart.

    Each member of a group asks for the others, among all ideas. The pairs are all those within a
    group (the same) and each near miss with its model (not the same).
    """
    groups: dict[str, set[int]] = {}
    near: list[tuple[int, int, str]] = []
    for line, row in rows(path, problems):
        text = whole_text(row)
        if not text:
            problems.append(Problem(path.name, line, "no text"))
            continue
        number = corpus.add(text, str(_first(row, _IDS) or ""))
        if row.get("group"):
            groups.setdefault(str(row["group"]), set()).add(number)
        if row.get("near_miss_of"):
            near.append((line, number, str(row["near_miss_of"])))
    queries, pairs = _asked_for(_stem(path), groups, corpus)
    for line, number, model in near:
        found = corpus.find(model)
        if found is None:
            problems.append(Problem(path.name, line, f"near miss of {model!r}, which is not there"))
        else:
            pairs.add(corpus.texts[found], corpus.texts[number], 0)
    return queries, pairs


def _asked_for(name: str, groups: dict[str, set[int]], corpus: Corpus) -> tuple[Queries, Pairs]:
    queries, pairs = Queries(f"{name}: search", corpus.texts), Pairs(f"{name}: pairs")
    for members in groups.values():
        for number in sorted(members) if len(members) > 1 else []:
            queries.add(corpus.texts[number], members - {number}, {number})
        for one, other in combinations(sorted(members), 2):
            pairs.add(corpus.texts[one], corpus.texts[other], 1)
    return queries, pairs


def pairs_as_queries(pairs: Pairs, corpus: Corpus) -> Queries:
    """The first text of each pair that is the same asks for the second, among everything."""
    everything = corpus.copy()
    for text in (*pairs.ones, *pairs.others):
        everything.add(text)
    found = Queries(f"{pairs.name} in {len(everything.texts):,}", everything.texts)
    answers: dict[int, set[int]] = {}
    for one, other, same in zip(pairs.ones, pairs.others, pairs.same, strict=True):
        if same and one != other:
            answers.setdefault(everything.add(one), set()).add(everything.add(other))
    for query, known in answers.items():
        for answer in sorted(known):
            found.add(everything.texts[query], {answer}, {query} | known - {answer})
    return found


def sibling_corpora(path: Path) -> list[Path]:
    """The corpora beside a file of queries: ``search_corpus*`` beside ``search_queries_dev``."""
    prefix = path.name.partition("queries")[0]
    return sorted(path.parent.glob(f"{prefix}corpus*.json*")) if prefix != path.name else []


def whole_text(row: Row) -> str:
    """Title and body as one text."""
    title, body = str(row.get("title") or "").strip(), str(_first(row, _BODIES) or "").strip()
    return f"{title.rstrip(' .')}. {body}" if title and body else title or body


def _named_answers(row: Row) -> list[str]:
    named = row.get("relevant")
    if named is None:
        named = row.get("faq_id") or []
    return [str(name) for name in (named if isinstance(named, list | dict) else [named])]


def _two_texts(columns: Iterable[str]) -> tuple[str, str] | None:
    names = set(columns)
    return next((pair for pair in _TWO_TEXTS if names.issuperset(pair)), None)


def _first(row: Row, names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _number(value: Any) -> float | None:
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(str(value).strip().lower())


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _json_lines(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, Row]]:
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except ValueError as error:
            problems.append(Problem(file, line, f"not JSON ({error})"))
            continue
        if isinstance(row, dict):
            yield line, {str(name).strip().lower(): value for name, value in row.items()}
        else:
            problems.append(Problem(file, line, "not a JSON object"))


def _csv_rows(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, Row]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(10_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().lower() for name in next(reader, [])]
    try:
        for values in reader:
            if len(values) == len(names):
                yield reader.line_num, dict(zip(names, values, strict=True))
            elif values:
                reason = f"{len(values)} columns instead of {len(names)}"
                problems.append(Problem(file, reader.line_num, reason))
    except csv.Error as error:
        problems.append(Problem(file, reader.line_num, str(error)))
