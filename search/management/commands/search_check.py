from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search.indexing import compare, repair


class Command(BaseCommand):
    help = (
        "Compare what the search engine holds with the documents, key by key and version by "
        "version. Exit status 1 when they differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put the differences right")

    def handle(self, *args: Any, **options: Any) -> None:
        found = compare()
        if options["repair"] and found:
            repair(found)
            found = compare()
        self.stdout.write(
            f"{found.documents} documents: {len(found.missing)} missing from the index, "
            f"{len(found.outdated)} outdated in it, {len(found.superfluous)} too many in it, "
            f"{found.unanalysed} with words of an older analysis, "
            f"{found.waiting} waiting in the queue, {found.refused} set aside, "
            f"{found.unembedded} without a vector."
        )
        if found:
            raise SystemExit(1)
