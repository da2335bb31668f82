import gzip
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from openpyxl import Workbook

from ideas.imports import BODY_LENGTH, Report, UnreadableFile, load, read, title_from
from ideas.models import Idea, Theme
from search.models import Document

pytestmark = pytest.mark.django_db

CSV = """id;Titre;Texte;Thème;date
1;Une borne;Mettre une borne à l’entrée.;Attente;2026-03-01
2;;Il faudrait plus de vélos. Et vite.;Vélos;
3;😀;;Attente;
4;Date folle;Un texte;Attente;32/13/2026
"""


def imported(path: Path) -> Report:
    *_others, report = load(read(path), source=path.name)
    return report


@pytest.fixture
def semicolons(tmp_path: Path, waiting: Theme) -> Path:
    path = tmp_path / "idées.csv"
    path.write_text(CSV, "utf-8")
    return path


def test_good_rows_go_in_and_bad_rows_are_named(semicolons):
    report = imported(semicolons)
    assert report.imported == 2
    assert [line for line, _reason in report.refused] == [4, 5]


def test_an_import_run_twice_brings_nothing_twice(semicolons):
    imported(semicolons)
    report = imported(semicolons)
    assert (report.imported, report.known) == (0, 2)
    assert Idea.objects.count() == Document.objects.count() == 2


def test_titles_are_taken_from_the_text_where_there_are_none(semicolons):
    imported(semicolons)
    assert Idea.objects.filter(title="Il faudrait plus de vélos.").exists()


def test_unknown_themes_wait_to_be_sorted(semicolons):
    report = imported(semicolons)
    assert report.unsorted == {"Vélos": 1}
    assert Idea.objects.get(theme__slug="unsorted").title.startswith("Il faudrait")


def test_dates_become_days_of_the_companys_time_zone(semicolons):
    imported(semicolons)
    idea = Idea.objects.get(title="Une borne")
    assert idea.published_at.isoformat() == "2026-02-28T23:00:00+00:00"


def test_every_imported_idea_has_its_history(semicolons):
    imported(semicolons)
    idea = Idea.objects.get(title="Une borne")
    assert [event.kind for event in idea.events.all()] == ["submitted", "published"]


def test_json_lines_in_gzip(tmp_path, waiting):
    path = tmp_path / "ideas.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "body": "Un banc devant le bureau."}) + "\n")
        file.write("{broken\n[1]\n")
    report = imported(path)
    assert report.imported == 1
    assert [line for line, _reason in report.refused] == [2, 3]


def test_a_workbook(tmp_path, waiting):
    book = Workbook()
    book.active.append(["Titre", "Description"])
    book.active.append(["Des gants", "Des gants chauds pour la tournée."])
    book.save(tmp_path / "ideas.xlsx")
    assert imported(tmp_path / "ideas.xlsx").imported == 1


def test_a_spreadsheet_in_the_old_windows_encoding(tmp_path, waiting):
    path = tmp_path / "old.csv"
    path.write_bytes("titre;texte\nÉté;La chaleur est trop forte.\n".encode("cp1252"))
    imported(path)
    assert Idea.objects.get().title == "Été"


def test_a_text_too_long_is_refused_with_its_length(tmp_path, waiting):
    path = tmp_path / "long.csv"
    path.write_text(f"titre,texte\nLong,{'mot ' * BODY_LENGTH}\n")
    [(line, reason)] = imported(path).refused
    assert line == 2
    assert str(BODY_LENGTH) in reason


@pytest.mark.parametrize(
    ("name", "content"), [("ideas.pdf", b"%PDF"), ("ideas.jsonl.gz", b"not gzip")]
)
def test_a_file_that_cannot_be_read_says_so(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        list(read(path))


def test_long_first_sentences_are_cut_at_a_word():
    title = title_from("mot " * 60)
    assert len(title) <= 120
    assert title.endswith("mot…")


def test_the_command_says_what_it_did(semicolons, capsys):
    call_command("import_ideas", str(semicolons), verbosity=0)
    out, err = capsys.readouterr()
    assert "2 imported, 0 known already, 2 refused" in out
    assert "line 4:" in err


def test_strict_ends_with_an_error(semicolons):
    with pytest.raises(CommandError):
        call_command("import_ideas", str(semicolons), "--strict", verbosity=0)
