"""Writes the measured tables into the documents: `python -m bench.tables`.

Between two comments of docs/operations.md stands what bench/results.json says, and nothing that
was typed by hand.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bench.corpus import ROOT
from bench.record import RESULTS, SAME, SIMULATED

DOCUMENT = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- begin {} -->", "<!-- end {} -->"
SIZES = (45_000, 450_000, 5_000_000)
# As search.engines.elastic.mapping has it: of so many vectors a graph is made.
GRAPH_FROM = 100_000
Row = dict[str, Any]
# What the tables are headed by, and the row's field.
TIMES = {
    "what": "what", "engine": "engine", "ideas": "ideas", "clients": "clients", "p50 ms": "p50_ms",
    "p95 ms": "p95_ms", "per second": "per_second", "queries": "queries",
    "own processor ms": "cpu_ms", "load before": "load", "asked": "asked", "failed": "failed",
}  # fmt: skip


def main() -> None:
    rows = newest(row for row in json.loads(RESULTS.read_text()) if row["machine"] != SIMULATED)
    text = DOCUMENT.read_text()
    for name, table in {"times": times(rows), "sizes": sizes(rows)}.items():
        head, _begin, rest = text.partition(BEGIN.format(name))
        _old, _end, tail = rest.partition(END.format(name))
        text = f"{head}{BEGIN.format(name)}\n{table}\n{END.format(name)}{tail}"
    DOCUMENT.write_text(text)


def newest(rows: Iterable[Row]) -> list[Row]:
    """Of one measurement on several machines, or by several Pythons, the last."""
    last: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: str(row["date"])):
        last[tuple(row[name] for name in SAME if name != "machine")] = row
    return [last[name] for name in sorted(last, key=lambda name: [*map(str, name)])]


def times(rows: Sequence[Row]) -> str:
    """Everything that was waited for, with the Python and the day."""
    where = sorted({row["machine"].rpartition(", Python")[0] for row in rows})
    lines = _table(
        [*TIMES, "Python", "on"],
        (
            [*map(row.get, TIMES.values()), row["machine"].rpartition(" ")[2], row["date"]]
            for row in rows
        ),
    )
    return "\n".join([*lines, "", f"Measured on: {'; '.join(where)}."])


def sizes(rows: Sequence[Row]) -> str:
    """Bytes on disk as measured, and what they make for other numbers of ideas."""
    measured = {ideas: of_size(rows, ideas) for ideas in SIZES}
    if not any(measured.values()):
        return "Not measured yet."
    head = ["ideas", "index on disk", "rebuild", "from"]
    return "\n".join(_table(head, [_size(ideas, row) for ideas, row in measured.items() if row]))


def of_size(rows: Sequence[Row], ideas: int) -> Row | None:
    """The rebuild of so many ideas, or the largest one with vectors in the same form."""
    what = "rebuild with a graph" if ideas >= GRAPH_FROM else "rebuild"
    rebuilt = [r for r in rows if r["what"] == what and r["engine"] == "elasticsearch"]
    exactly = [row for row in rebuilt if row["ideas"] == ideas]
    return max(exactly or rebuilt, key=lambda row: row["ideas"], default=None)


def _size(ideas: int, row: Row) -> list[str]:
    each = row["bytes"] / row["ideas"]
    seconds = row["p50_ms"] / 1000 * ideas / row["ideas"]
    size = f"{each * ideas / 1e9:.2f} GB ({each / 1000:.1f} kB each)"
    known = "measured" if row["ideas"] == ideas else f"extrapolated from {row['ideas']:,}"
    return [f"{ideas:,}", size, f"{seconds / 60:.1f} min", known]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return lines + [f"| {' | '.join(map(_said, row))} |" for row in rows]


def _said(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    main()
