"""The command that serves the demonstration: which servers it uses."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from django.conf import settings


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
