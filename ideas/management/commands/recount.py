from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ideas import counts
from ideas.models import Idea

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Derive every counter of the ideas, and their search documents, from the rows once more, "
        "and say what differs. Ends with an error if something differs and is not repaired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write what was derived")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        wrong = 0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, disable=options["verbosity"] == 0) as progress:
            task = progress.add_task("Counting", total=Idea.objects.count())
            for read, found in counts.differences(repair=repair):
                for difference in found[: max(0, SHOWN - wrong)]:
                    self.stdout.write(str(difference))
                wrong += len(found)
                progress.update(task, completed=read)
        verb = "repaired" if repair else "found"
        self.stdout.write(f"{wrong} {'difference' if wrong == 1 else 'differences'} {verb}")
        if wrong and not repair:
            raise CommandError("Run `manage.py recount --repair` to write what was derived.")
