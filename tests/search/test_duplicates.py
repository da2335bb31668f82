"""Pairs that may say the same: found once, found again when a text changes, gone with the text."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from search import duplicates, tasks
from search.calibration import Calibration, Thresholds, forget, scorer
from search.duplicates import find_all, find_waiting, unexamined
from search.models import Document, Examination, Pair
from search.similarity import shipped

pytestmark = pytest.mark.django_db

SEAT = "Installer des sièges dans la file d’attente du guichet"
SEATS = "Mettre des sièges pour la file d’attente des guichets"
BENCH = "Installer des sièges dans les files d’attente du guichet"
BIKES = "Des vélos électriques pour les tournées en montagne"


@pytest.fixture
def three(engine, write, told):
    """Two texts that say the same and one that does not, told to each engine in turn."""
    write("1", SEAT)
    write("2", SEATS)
    write("3", BIKES)
    told()
    return engine


def find():
    for _progress in find_all():
        pass


def ends():
    return set(Pair.objects.values_list("one", "other"))


def test_what_says_the_same_is_found_once_with_how_likely_and_why(three):
    find()
    pair = Pair.objects.get()
    assert (pair.one_id, pair.other_id) == ("1", "2")
    assert pair.probability >= scorer().least("propose")
    assert pair.by_meaning
    assert "sieg" in pair.shared
    assert pair.features["meaning"] > 0.5
    assert pair.group in {"1", "2"}
    assert Pair.objects.standing().count() == 1


def test_a_wake_up_finds_the_like_of_what_was_just_written(three, monkeypatch):
    monkeypatch.setattr(tasks, "WAKING_SECONDS", 60)
    tasks.drain()
    assert ends() == {("1", "2")}
    assert Pair.objects.get().group in {"1", "2"}


def test_the_sweep_finds_what_no_wake_up_has_looked_at(three):
    tasks.sweep_duplicates()
    assert ends() == {("1", "2")}


def test_nothing_is_looked_at_twice(three):
    find()
    assert [total for _done, total in find_all()] == [0]


def test_a_new_text_is_compared_with_the_old_ones_alone(three, write, told):
    find()
    write("4", BENCH)
    told()
    find()
    assert {("1", "4"), ("2", "4")} <= ends()
    assert len(set(Pair.objects.values_list("group", flat=True))) == 1


def test_a_changed_text_is_looked_at_again(three, write, told):
    find()
    write("2", BIKES)
    assert not Pair.objects.standing().exists()
    told()
    find()
    assert ends() == {("2", "3")}


def test_pairs_of_a_removed_document_disappear(three):
    find()
    Document.remove("2")
    assert not Pair.objects.standing().exists()
    find()
    assert not Pair.objects.exists()


def test_a_text_without_its_vector_waits(engine, write):
    write("1", SEAT)
    Document.objects.update(vector=None, vector_model="")
    assert not unexamined().exists()


def test_without_an_embedder_words_alone_decide(engine, write, told, monkeypatch):
    from search.embedding import NoEmbedder

    for place in ("search.duplicates", "search.similar", "search.indexing"):
        monkeypatch.setattr(f"{place}.current_embedder", NoEmbedder)
    write("1", SEAT)
    write("2", SEAT)
    told()
    find()
    assert ends() == {("1", "2")}
    assert not Pair.objects.get().by_meaning


def test_an_interrupted_search_goes_on_where_it_stopped(three, monkeypatch):
    Pair.objects.all().delete()
    Examination.objects.all().delete()
    monkeypatch.setattr(duplicates, "BATCH", 1)
    progress = find_all()
    assert [next(progress) for _ in range(3)] == [(0, 3), (1, 3), (2, 3)]
    progress.close()
    assert Examination.objects.count() == 2
    assert next(find_all()) == (0, 1)
    find()
    assert ends() == {("1", "2")}


def test_what_an_index_may_not_have_shown_yet_is_looked_at_once_more(three, monkeypatch):
    monkeypatch.setattr(type(three), "reads_table", False)
    Examination.objects.all().delete()
    find_waiting(60)
    assert not unexamined().exists()
    Examination.objects.update(once_more_at=timezone.now())
    assert unexamined().count() == 3
    find_waiting(60)
    assert not unexamined().exists()
    assert not Examination.objects.exclude(once_more_at=None).exists()


def test_another_fit_judges_everything_anew(three, django_capture_on_commit_callbacks):
    find()
    with django_capture_on_commit_callbacks(execute=True):
        Calibration.store(
            {**shipped(), "with_meaning": {**shipped()["with_meaning"], "constant": -9.0}}
        )
    assert unexamined().count() == 3
    find()
    assert not Pair.objects.exists()


def test_a_lower_threshold_looks_again_and_a_higher_one_need_not(
    three, administrator, django_capture_on_commit_callbacks
):
    find()
    for propose, again in ((0.9, 0), (0.4, 3)):
        with django_capture_on_commit_callbacks(execute=True):
            Thresholds.choose(administrator, warn=0.2, propose=propose, certain=0.99)
        assert unexamined().count() == again


def test_a_pair_below_the_threshold_has_no_group(three, django_capture_on_commit_callbacks):
    find()
    Pair.objects.update(probability=0.5)
    duplicates.regroup()
    assert Pair.objects.get().group == ""


def test_grouping_what_was_touched_is_grouping_all(three, write, told):
    for n in range(4, 10):
        write(str(n), SEAT if n % 2 else f"{BIKES} {n}")
    told()
    find()
    whole = dict(Pair.objects.values_list("pk", "group"))
    Pair.objects.update(group="")
    duplicates.regroup(Document.objects.values_list("pk", flat=True))
    assert dict(Pair.objects.values_list("pk", "group")) == whole


def test_queries_per_text_do_not_grow(three, write, told):
    def asked(number: str) -> int:
        write(number, f"{SEAT} {number}")
        told()
        find()
        Examination.objects.filter(pk=number).delete()
        with CaptureQueriesContext(connection) as context:
            assert find_waiting(60) == 1
        return len(context)

    counts = [asked(str(number)) for number in range(10, 16)]
    assert max(counts) - min(counts) <= 1


def test_the_command_says_what_it_found(three, capsys):
    call_command("find_duplicates")
    assert "1 pairs in 1 groups" in capsys.readouterr().out
    call_command("find_duplicates", quiet=True)
    assert capsys.readouterr().out == ""


@pytest.fixture(autouse=True)
def _fresh_scorer():
    forget()
    yield
    forget()
