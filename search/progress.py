"""How far a long command is: a bar in a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

LINE_SECONDS = 10.0


@contextmanager
def bar(what: str, out: Any, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yields what is called with (done, of); it says the rate and the time that remains."""
    console = Console(file=getattr(out, "_out", out), quiet=quiet)
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    started = said = time.monotonic()

    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None, rate="")

        def tell(done: int, total: int) -> None:
            nonlocal said
            now = time.monotonic()
            rate = done / max(now - started, 1e-6)
            progress.update(task, completed=done, total=total, rate=f"{rate:.0f}/s")
            if not console.is_terminal and now - said > LINE_SECONDS:
                said = now
                left = (total - done) / max(rate, 1e-6)
                console.print(f"{what}: {done} of {total}, {rate:.0f}/s, {left:.0f} s remain")

        yield tell
