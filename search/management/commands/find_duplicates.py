from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search.calibration import scorer
from search.duplicates import find_all
from search.meaning import current_embedder
from search.models import Document, Pair
from search.progress import bar


class Command(BaseCommand):
    help = (
        "Compare every text with those most like it, and keep and group the pairs that may say "
        "the same. Only new and changed texts are looked at; interrupt it when you like: the next "
        "run goes on where this one stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        try:
            with bar("Finding duplicates", self.stdout, options["quiet"]) as progress:
                for done, total in find_all():
                    progress(done, total)
        except KeyboardInterrupt:
            self.stdout.write(f"Interrupted after {done}; run it again to go on.")
            return
        if not options["quiet"]:
            self._report(done)

    def _report(self, done: int) -> None:
        levels = scorer()
        pairs = Pair.objects.standing()
        proposed = pairs.likely(levels.least("propose"))
        groups = proposed.values("group").distinct().count()
        self.stdout.write(f"{done} texts looked at; {pairs.count()} pairs kept.")
        self.stdout.write(
            f"{proposed.count()} pairs in {groups} groups reach the threshold of moderators "
            f"({levels.least('propose'):.3f})."
        )
        waiting = Document.objects.unembedded(current_embedder().name).count()
        if current_embedder().available and waiting:
            self.stdout.write(f"{waiting} texts wait for their vector: run `manage.py embed`.")
