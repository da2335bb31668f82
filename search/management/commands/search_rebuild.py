from typing import Any

from django.core.management.base import BaseCommand

from search import engines
from search.progress import bar


class Command(BaseCommand):
    help = "Make the search index anew from the documents; searches go on being answered."

    def handle(self, *args: Any, **options: Any) -> None:
        with bar("Rebuilding the search index", self.stdout) as progress:
            for done, total in engines.engine().rebuild():
                progress(done, total)
        self.stdout.write("The search index is up to date.")
