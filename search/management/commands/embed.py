from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.embedding import EmbedderUnavailable
from search.indexing import embed_all
from search.progress import bar


class Command(BaseCommand):
    help = (
        "Give every document the vector of its text, the part of search that goes by meaning. "
        "Interrupt it when you like: the next run goes on where this one stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        try:
            with bar("Embedding", self.stdout, options["quiet"]) as progress:
                for done, total in embed_all():
                    progress(done, total)
        except KeyboardInterrupt:
            self.stdout.write(f"Interrupted after {done}; run it again to go on.")
        except EmbedderUnavailable as error:
            raise CommandError(f"The embedder does not answer: {error}") from error
        else:
            if not options["quiet"]:
                self.stdout.write(f"{done} documents were given their vector.")
