"""The command that serves the demonstration: which servers it uses."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from django.conf import settings

SERVE = """
import runpy, sys
from pathlib import Path
demo = runpy.run_path("bin/demo")
demo["serve"](Path(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def demo():
    loader = SourceFileLoader("demo", str(Path(settings.BASE_DIR) / "bin" / "demo"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("demo", loader))
    loader.exec_module(module)
    return module


def test_the_demonstration_leaves_the_database_and_the_broker_of_others_alone(demo, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@localhost/theirs")
    monkeypatch.setenv("REDIS_URL", "redis://localhost:6379/0")
    monkeypatch.setenv("SEARCH_ENGINE", "elasticsearch")
    env = demo.environment(Path("/var/demo/ideas.sqlite3"))
    assert env["DATABASE_URL"] == "sqlite:////var/demo/ideas.sqlite3"
    assert env["REDIS_URL"] == ""
    assert env["SEARCH_ENGINE"] == "database"


def test_it_searches_on_a_server_where_that_is_asked_for(demo, monkeypatch):
    monkeypatch.setenv("SEARCH", "elasticsearch")
    assert demo.search_settings("ideas")["SEARCH_ENGINE"] == "elasticsearch"


def test_every_version_of_every_file_has_a_database_of_its_own(demo, tmp_path):
    names = [demo.database_name(0, ""), demo.database_name(45_000, "")]
    for folder, file, content in [
        ("a", "ideas.csv", "title\nBoxes\n"),
        ("a", "ideas.csv", "title\nCorrected boxes\n"),
        ("b", "ideas.csv", "title\nBoxes\n"),
        ("a", "ideas", "title\nBoxes\n"),
        ("a", "ideas-45000", "title\nBoxes\n"),
    ]:
        path = tmp_path / folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        names.append(demo.database_name(0, str(path)))
        assert demo.database_name(0, str(path)) == names[-1]
    assert len(set(names)) == 7


def test_it_ends_in_silence(tmp_path):
    """Over an empty database: nothing but its health is asked."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with (tmp_path / "said").open("w") as said:
        served = subprocess.Popen(
            [sys.executable, "-c", SERVE, tmp_path / "empty.sqlite3", str(port)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"EMBEDDER": "none"},
            stdout=said,
            stderr=said,
        )
    until = time.monotonic() + 120
    while "Ctrl-C" not in (tmp_path / "said").read_text() and time.monotonic() < until:
        time.sleep(0.2)
    served.send_signal(signal.SIGINT)
    served.wait(60)
    said = (tmp_path / "said").read_text()
    assert "Stopping" in said
    assert "SIGABRT" not in said
