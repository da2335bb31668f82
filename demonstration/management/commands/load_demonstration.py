from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from accounts.models import User
from demonstration.loader import create_words, load
from demonstration.staff import create_cast


class Command(BaseCommand):
    help = "Fill an empty database with the demonstration's people and ideas."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ideas", type=int, default=0, help="grow to that many ideas")
        parser.add_argument("--words-only", action="store_true", help="no ideas, no votes")

    def handle(self, *args: Any, ideas: int, words_only: bool, **options: Any) -> None:
        if User.objects.exists():
            raise CommandError("The database holds people already: load into an empty one.")
        if words_only:
            create_words()
            create_cast()
            return
        columns = (
            TextColumn("· {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, disable=options["verbosity"] == 0) as progress:
            tasks: dict[str, Any] = {}
            for step in load(ideas):
                if step.label not in tasks:
                    tasks[step.label] = progress.add_task(f"Loading {step.label}")
                progress.update(tasks[step.label], completed=step.done, total=step.total)
