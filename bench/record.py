"""Rows of bench/results.json: what was measured, on which machine, when."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
COLUMNS = (
    "what", "engine", "ideas", "clients", "p50_ms", "p95_ms", "per_second", "queries", "bytes"
)  # fmt: skip
# Processor time of the processes that serve, and of Elasticsearch, which hardly depends on what
# else the machine does; its load as the measurement began; of what was asked meanwhile, how
# much had no answer.
BESIDE = ("cpu_ms", "server_cpu_ms", "load", "asked", "failed")
# Two rows are of the same measurement where these are equal: the newer one stays.
SAME = ("what", "engine", "ideas", "clients", "machine")
# A simulation does not depend on the machine: its rows have the figures of its own beside.
SIMULATED = "simulation"


def record(rows: Sequence[dict[str, Any]]) -> None:
    """Merge rows into bench/results.json."""
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    stamp = {"machine": machine(), "date": datetime.now(UTC).date().isoformat()}
    merged = {tuple(row[name] for name in SAME): row for row in old}
    for row in rows:
        own = {"figures": row["figures"], "machine": SIMULATED} if "figures" in row else {}
        also = {name: row[name] for name in BESIDE if name in row}
        row = {name: row.get(name) for name in COLUMNS} | also | stamp | own
        merged[tuple(row[name] for name in SAME)] = row
    ordered = sorted(merged.values(), key=lambda row: [str(row[name]) for name in SAME])
    RESULTS.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table."""
    shown = (*COLUMNS, *BESIDE)
    table = [shown, *([_text(row.get(name)) for name in shown] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    print(f"on {machine()}, load {os.getloadavg()[0]:.1f}")


@lru_cache
def machine() -> str:
    """Processor, cores and system, as far as the system tells."""
    names = [
        line.split(":", 1)[1].strip()
        for line in _lines("/proc/cpuinfo")
        if line.startswith("model name")
    ]
    name = names[0] if names else platform.processor() or platform.machine()
    return (
        f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
