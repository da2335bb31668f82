"""Fitting the scorer to what moderators said, and choosing thresholds on its curve."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from ideas.models import Verdict
from ideas.triage.judgements import judged
from search.calibration import Calibration, Thresholds, forget, scorer
from search.similarity import shipped, weights

pytestmark = pytest.mark.django_db
PAGE = reverse("triage:thresholds")
LEVELS = {"warn": "20", "propose": "60.5", "certain": "90"}
PLACES = ("la gare", "le marché", "la mairie", "une école", "un hôpital", "la plage", "un stade")


@pytest.fixture(autouse=True)
def _fresh_scorer():
    forget()
    yield
    forget()


@pytest.fixture
def office(signed_in, administrator):
    return signed_in(administrator)


@pytest.fixture
def known():
    """The shipped fit, with a curve to choose on."""
    points = [[0.9, 0.95, 0.2, 10], [0.6, 0.8, 0.5, 40], [0.2, 0.5, 0.9, 120]]
    made = Calibration.store({**shipped(), "curve": points})
    forget()
    return made


# --- What moderators said ------------------------------------------------------------------------


def test_merges_that_stand_are_the_same_and_undone_ones_are_not(published, clerk, moderator):
    a, b, c, d = (published(clerk, f"Idée {n}") for n in range(4))
    a.merge_into(b, moderator)
    c.merge_into(d, moderator).undo_merge(moderator)
    found = {(one, other): same for one, other, same in judged()}
    assert found[str(a.pk), str(b.pk)] is True
    assert found[str(c.pk), str(d.pk)] is False


def test_the_last_word_counts(published, clerk, moderator):
    a, b = published(clerk, "Une"), published(clerk, "Deux")
    Verdict.tell_apart(a, b, moderator, (None, None))
    assert judged() == [(str(a.pk), str(b.pk), False)]
    a.merge_into(b, moderator)
    assert judged() == [(str(a.pk), str(b.pk), True)]


def test_an_undone_verdict_says_nothing(published, clerk, moderator):
    a, b = published(clerk, "Une"), published(clerk, "Deux")
    Verdict.tell_apart(a, b, moderator, (None, None)).undo(moderator)
    assert judged() == []


def test_what_came_along_with_a_merge_was_not_looked_at(published, clerk, moderator):
    a, b, c = (published(clerk, f"Idée {n}") for n in range(3))
    a.merge_into(b, moderator)
    b.merge_into(c, moderator)
    assert {(one, other) for one, other, _same in judged()} == {
        (str(a.pk), str(b.pk)),
        (str(b.pk), str(c.pk)),
    }


# --- The command ---------------------------------------------------------------------------------


def test_few_labels_store_nothing(published, clerk, moderator):
    published(clerk, "Une").merge_into(published(clerk, "Deux"), moderator)
    with pytest.raises(CommandError, match="1 judged pairs"):
        call_command("calibrate_similarity")
    assert not Calibration.objects.exists()


@pytest.fixture
def labels(tmp_path):
    """Pairs of which words, and not meaning, decide: the present fit does badly on them."""
    rows = ["text1,text2,label"]
    for n in range(60):
        place, other = PLACES[n % 7], PLACES[(n + 3) % 7]
        rows.append(f"Ouvrir un relais {n} près de {place},Un relais {n} à ouvrir vers {place},1")
        rows.append(f"Ouvrir un relais {n} près de {place},Ouvrir un guichet {n} dans {other},0")
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(rows))
    return path


def test_a_better_fit_is_stored_with_its_curve_and_used(
    labels, tmp_path, capsys, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        call_command("calibrate_similarity", labels, cache=tmp_path)
    made = Calibration.objects.get()
    assert made.fit["curve"]
    assert made.fit["scale"] == [{"name": "labels", "pairs": 120, "same": 60}]
    assert scorer().name == made.name != weights().name
    assert scorer().with_meaning != pytest.approx(weights().with_meaning)
    assert made.name in capsys.readouterr().out


def test_a_second_fit_to_the_same_is_not_better_and_not_stored(
    labels, tmp_path, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        call_command("calibrate_similarity", labels, cache=tmp_path)
    with pytest.raises(CommandError, match="worse"):
        call_command("calibrate_similarity", labels, cache=tmp_path)
    assert Calibration.objects.count() == 1


def test_a_dry_run_stores_nothing(labels, tmp_path, capsys):
    call_command("calibrate_similarity", labels, cache=tmp_path, dry_run=True)
    assert not Calibration.objects.exists()
    assert "dry run" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("calibrate_similarity", tmp_path / "nowhere.csv")


# --- The page ------------------------------------------------------------------------------------


def test_the_curve_is_drawn_with_its_table_and_what_each_threshold_gives(office, known):
    page = office.get(PAGE).content.decode()
    assert "<svg" in page
    assert 'class="table"' in page
    assert "120" in page


def test_the_day_of_the_fit_is_said_as_readers_say_it(office):
    Calibration.store({**shipped(), "made": "2026-03-09"})
    forget()
    page = office.get(PAGE).content.decode()
    assert "9 mars 2026" in page
    assert "2026-03-09" not in page


def test_without_a_curve_the_page_still_opens(office):
    Calibration.store({**shipped(), "curve": []})
    forget()
    assert office.get(PAGE).status_code == 200


def test_levels_are_tried_before_they_are_taken(office, known):
    before = scorer().bands
    response = office.get(PAGE, LEVELS)
    assert response.context["tried"]
    assert [point.threshold for _field, point in response.context["levels"]] == [0.2, 0.9, 0.9]
    assert scorer().bands == before
    assert not Thresholds.objects.exists()


def test_chosen_levels_hold_and_say_by_whom(
    office, known, administrator, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        assert office.post(PAGE, LEVELS).url == PAGE
    assert scorer().bands == (0.9, 0.605, 0.2)
    assert Thresholds.objects.get().chosen_by == administrator
    assert str(administrator) in office.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"warn": "70"}, {"certain": "60.5"}, {"warn": "x"}, {"certain": "100"}, {"warn": ""}]
)
def test_levels_out_of_order_are_refused_and_kept_in_the_form(wrong, office, known):
    response = office.post(PAGE, LEVELS | wrong)
    assert response.status_code == 422
    assert b'value="60.5"' in response.content
    assert not Thresholds.objects.exists()


def test_a_new_fit_has_its_own_levels(office, known, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        office.post(PAGE, LEVELS)
        Calibration.store(shipped())
    assert scorer().bands == weights().bands


def test_only_administrators_choose(signed_in, moderator, known):
    client = signed_in(moderator)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, LEVELS).status_code == 403
    assert PAGE.encode() not in client.get("/").content


def test_the_page_stands_beside_the_state_of_search(office):
    """Which both menus lead to."""
    state = "/recherche/etat/"
    assert state in office.get("/").content.decode()
    assert state in office.get("/administration/").content.decode()
    assert PAGE in office.get(state).content.decode()
    assert state in office.get(PAGE).content.decode()


@pytest.mark.parametrize("written", ["60,5", "60.5"])
def test_levels_are_shown_and_read_as_french_writes_them(
    office, known, written, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        assert office.post(PAGE, {**LEVELS, "propose": written}).url == PAGE
    assert scorer().least("propose") == pytest.approx(0.605)
    assert 'value="60,5"' in office.get(PAGE).content.decode()
