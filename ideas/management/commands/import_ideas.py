from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ideas import imports

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import ideas from a CSV, XLSX or JSON lines file (gzip too). Rows that were imported "
        "before are left alone; bad rows are named with their line and reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--strict", action="store_true", help="end with an error on a bad row")

    def handle(self, *args: Any, file: Path, strict: bool, **options: Any) -> None:
        report = imports.Report()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        try:
            with Progress(*columns, disable=options["verbosity"] == 0) as progress:
                task = progress.add_task("Importing", total=None)
                for report in imports.load(imports.read(file), source=file.name):
                    rows = report.imported + report.known + len(report.refused)
                    progress.update(task, completed=rows, description=f"Imported {rows:,} rows")
        except imports.UnreadableFile as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{report.imported} imported, {report.known} known already, "
            f"{len(report.refused)} refused"
        )
        if report.unsorted:
            count, kinds = sum(report.unsorted.values()), len(report.unsorted)
            self.stdout.write(f"{count} under “to be sorted”: {kinds} themes are not ours")
        for line, reason in report.refused[:SHOWN]:
            self.stderr.write(f"line {line}: {reason}")
        if len(report.refused) > SHOWN:
            self.stderr.write(f"… and {len(report.refused) - SHOWN} more")
        if strict and report.refused:
            raise CommandError("Some rows were refused.")
