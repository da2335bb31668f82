from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.indexing import REBUILDING_SECONDS, rebuild, rebuilding
from search.progress import bar


class Command(BaseCommand):
    help = "Make the search index anew from the documents; searches go on being answered."

    def handle(self, *args: Any, **options: Any) -> None:
        with rebuilding() as alone:
            if not alone:
                raise CommandError(
                    "Another process is making the search index. If it was killed, its place is "
                    f"free within {REBUILDING_SECONDS} seconds."
                )
            with bar("Rebuilding the search index", self.stdout) as progress:
                for done, total in rebuild():
                    progress(done, total)
        self.stdout.write("The search index is up to date.")
