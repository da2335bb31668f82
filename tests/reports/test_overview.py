import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from ideas.models import Vote
from reports.models import TrendReport


@pytest.fixture
def backed(published, postwoman, colleagues):
    idea = published(postwoman, entity=postwoman.entity)
    for person in colleagues[:5]:
        Vote.cast(idea, person)
    return idea


@pytest.fixture
def desk(signed_in, manager):
    return signed_in(manager)


def test_managers_read_the_figures(desk, backed):
    response = desk.get("/rapports/")
    assert response.status_code == 200
    assert response.context["totals"] == {
        "ideas": 1, "votes": 5, "answers": 1, "people": 6, "waiting": 0
    }  # fmt: skip


def test_employees_do_not(signed_in, postwoman):
    assert signed_in(postwoman).get("/rapports/").status_code == 403


def test_figures_of_fewer_than_five_people_are_hidden(desk, published, postwoman, parcels, backed):
    published(postwoman, "Une autre", theme=parcels)
    rows = {row["key"]: row for row in TrendReport.current(12).table("themes")}
    assert rows["waiting"]["ideas"] == 1
    assert rows["parcels"] == {
        "key": "parcels", "ideas": None, "votes": None, "people": None, "hidden": True
    }  # fmt: skip


def test_authors_of_anonymous_ideas_are_nobody(published, postwoman):
    published(postwoman, is_anonymous=True)
    assert TrendReport.make(3).data["people"] == 0


def test_the_median_wait_is_counted(published, postwoman):
    idea = published(postwoman)
    type(idea).objects.update(submitted_at=timezone.now() - timedelta(days=4))
    assert TrendReport.make(3).table("months")[-1]["days"] == pytest.approx(4, abs=0.1)


def test_a_report_serves_for_an_hour_unless_asked_again(desk, backed):
    desk.get("/rapports/")
    desk.get("/rapports/")
    assert TrendReport.objects.count() == 1
    response = desk.post("/rapports/actualiser/", {"months": "12"})
    assert response["Location"] == "/rapports/?months=12"
    assert TrendReport.objects.count() == 2


def test_reading_changes_nothing_by_a_wrong_method(desk):
    assert desk.get("/rapports/actualiser/").status_code == 405
    assert desk.post("/rapports/").status_code == 405


@pytest.mark.parametrize("name", ["months", "themes", "regions"])
def test_each_table_comes_as_csv(desk, backed, name):
    response = desk.get(f"/rapports/{name}.csv")
    assert response["Content-Disposition"].startswith(f'attachment; filename="tournee-{name}-')
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][1:3] == ["Idées", "Soutiens"]
    assert rows[-1][1:3] == ["1", "5"]


def test_an_unknown_table_is_not_found(desk):
    assert desk.get("/rapports/salaries.csv").status_code == 404


def test_an_unknown_period_falls_back_to_a_year(desk):
    assert desk.get("/rapports/?months=999").context["months"] == 12


def test_queries_do_not_grow_with_rows(backed, published, clerk, django_assert_num_queries):
    with django_assert_num_queries(47):
        TrendReport.make(12)
    for number in range(20):
        published(clerk, f"Idée {number}")
    with django_assert_num_queries(47):
        TrendReport.make(12)
