"""The product as `make demo` serves it, for a browser: its own process, database and port.

BROWSER_DATABASE names a filled demonstration to start from a copy of it (it takes a minute to fill
one), BROWSER_ADDRESS one that is already served; CHROMIUM names the browser.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "ideas.sqlite3"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = ("--no-sandbox", "--disable-gpu")
PATIENCE = 300
# What would lead to somebody's servers instead of a copy of the demonstration.
_ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL", "SITE_URL", "MEDIA_ROOT")


def _environment(folder: Path, port: int = 0) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    ours = {
        "DEMONSTRATION_FOLDER": str(folder),
        "MEDIA_ROOT": str(folder / "media"),
        "SITE_URL": f"http://127.0.0.1:{port}",
    }
    return kept | ours


def fill(folder: Path) -> Path:
    """Load the demonstration into `folder`, once; answers with its database."""
    command = [sys.executable, str(ROOT / "bin" / "demo"), "--load-only"]
    subprocess.run(command, env=_environment(folder), check=True)
    return folder / NAME


def copy(database: Path, folder: Path) -> None:
    """A database of one's own, made from another that nobody writes into."""
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(database) as source, sqlite3.connect(folder / NAME) as target:
        source.backup(target)
    source.close()
    target.close()


def chromium() -> str | None:
    """The browser to open pages with: the one that CHROMIUM names, or one that is installed."""
    named = os.environ.get("CHROMIUM", "")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, CHROMIUMS)), None)


@contextmanager
def ready(folder: Path, **settings: str) -> Iterator[str]:
    """A demonstration to use as one likes, served from `folder`; gives its address."""
    if address := os.environ.get("BROWSER_ADDRESS"):
        yield address
        return
    if database := os.environ.get("BROWSER_DATABASE"):
        copy(Path(database), folder)
    else:
        fill(folder)
    with served(folder, **settings) as address:
        yield address


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[str]:
    """Serve what stands in `folder` with the command of the demonstration; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "bin" / "demo"), "--port", str(port)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env=_environment(folder, port) | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        # With all that it started: what runs in the background does not hear of an interruption.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _wait_for(address: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"The product was not served:\n{(folder / 'server.log').read_text()}")
