import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from ideas.models import Event
from projects.models import Indicator, Measurement


def test_publishing_writes_once_into_the_history_of_its_ideas(complete, adopted, project_lead):
    for _time in range(2):
        complete.save_revision(user=project_lead).publish(user=project_lead)
    told = adopted.events.filter(kind=Event.Kind.PROJECT_PUBLISHED)
    assert [event.actor for event in told] == [project_lead]


@pytest.fixture
def shown(complete):
    complete.save_revision().publish()
    return complete


def test_colleagues_read_the_published_project(signed_in, clerk, shown):
    response = signed_in(clerk).get("/projets/une-borne-a-tickets/")
    content = response.content.decode()
    assert response.status_code == 200
    assert "Pourquoi nous essayons." in content
    assert "Quimper Centre" in content
    assert content.count("<svg xmlns") == 2
    assert "Awa Le Goff" in content


def test_the_draft_is_not_found(signed_in, clerk, project):
    assert signed_in(clerk).get("/projets/une-borne-a-tickets/").status_code == 404


def test_visitors_sign_in_first(client, shown):
    assert client.get("/projets/").status_code == 302


def test_the_index_shows_published_projects_only(
    signed_in, clerk, shown, index, published, moderator
):
    index.adopt(published(clerk, "Encore en préparation"), moderator)
    content = signed_in(clerk).get("/projets/").content.decode()
    assert "Une borne à tickets" in content
    assert "Encore en préparation" not in content


@pytest.mark.parametrize(("stage", "goes_on"), [("pilot", True), ("trial-over", False)])
def test_a_project_says_its_stage_and_whether_it_goes_on(signed_in, clerk, shown, stage, goes_on):
    shown.stage = stage
    shown.save_revision().publish()
    visitor = signed_in(clerk)
    visitor.cookies["django_language"] = "en"
    said = {"pilot": "Pilot running", "trial-over": "Trial over"}[stage]
    for address in ("/projets/", shown.url):
        page = visitor.get(address).content.decode()
        (kind,) = re.findall(rf'<span class="badge"([^>]*)>(?:(?!<span).)*{said}', page)
        assert ("adopted" in kind) is goes_on


def test_the_index_has_an_empty_state(signed_in, clerk, index):
    assert signed_in(clerk).get("/projets/").status_code == 200


def test_the_author_of_an_anonymous_idea_is_not_named(
    signed_in, clerk, index, published, postwoman, moderator, shown
):
    index.adopt(published(postwoman, "Sans nom", is_anonymous=True), moderator, project=shown)
    shown.refresh_from_db()
    shown.save_revision().publish()
    content = signed_in(clerk).get("/projets/une-borne-a-tickets/").content.decode()
    assert "une personne qui a souhaité rester anonyme" in content


def test_project_leads_edit_and_others_do_not(signed_in, project, project_lead, moderator):
    address = f"/administration/pages/{project.pk}/edit/"
    assert signed_in(project_lead).get(address).status_code == 200
    assert signed_in(moderator).get(address).status_code == 302


@pytest.mark.parametrize(
    ("values", "better", "reached", "improved"),
    [
        ((8, 5), "lower", True, True),
        ((8, 7), "lower", False, True),
        ((10,), "lower", False, False),
        ((10,), "higher", True, True),
        ((), "lower", False, None),
    ],
)
def test_indicators_say_whether_they_moved_the_right_way(
    indicator, values, better, reached, improved
):
    made = indicator(*values, better=better)
    assert made.is_reached is reached
    assert made.is_better is improved


def test_change_is_measured_from_the_baseline(indicator):
    assert indicator(8, 5).change == Decimal(5) - 9


def test_queries_of_the_index_do_not_grow(
    signed_in, clerk, shown, completed, index, published, moderator, django_assert_num_queries
):
    client = signed_in(clerk)
    client.get("/projets/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/projets/")
    # Counted now: the next request empties the log.
    one = len(captured)
    for number in range(4):
        page = index.adopt(published(clerk, f"Idée {number}"), moderator)
        completed(page).save_revision().publish()
    # Publishing makes Wagtail forget the roots of its sites.
    client.get("/projets/")
    with django_assert_num_queries(one):
        client.get("/projets/")


@pytest.mark.parametrize(
    ("baseline", "latest", "target", "said"),
    [
        ("-34", "2", "0", "De −34 à 2 points : la cible de 0 points est atteinte."),
        (
            "3900.00",
            "3980.50",
            "3950",
            "De 3 900 à 3 980,5 points : la cible de 3 950 points est atteinte.",
        ),
        ("100", "100", "1000000", "De 100 à 100 points : la cible est de 1 000 000 points."),
    ],
)
def test_figures_are_written_as_the_language_writes_them(baseline, latest, target, said):
    indicator = Indicator(
        unit="points", better="higher", baseline=Decimal(baseline), target=Decimal(target)
    )
    indicator.measurements.add(Measurement(on=date(2026, 5, 4), value=Decimal(latest), source="x"))
    with translation.override("fr"):
        assert re.sub(r"\s", " ", indicator.says) == said


def test_a_chart_fits_a_phone_and_names_both_rules(complete):
    drawn = complete.indicators.first().chart()
    width = int(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    assert width <= 450
    assert ">avant<" in drawn
    assert ">cible<" in drawn


def test_the_index_is_called_in_the_language_of_the_reader(signed_in, clerk, index):
    client = signed_in(clerk)
    assert "<h1>Projets</h1>" in client.get("/projets/").content.decode()
    client.cookies["django_language"] = "en"
    assert "<h1>Projects</h1>" in client.get("/projets/").content.decode()


def test_the_home_page_shows_what_was_published_at_once(signed_in, clerk, shown):
    visitor = signed_in(clerk)
    assert "Une borne à tickets" in visitor.get("/").content.decode()
    shown.title = "Deux bornes à tickets"
    shown.save_revision().publish()
    assert "Deux bornes à tickets" in visitor.get("/").content.decode()
    with CaptureQueriesContext(connection) as again:
        visitor.get("/")
    assert not [query for query in again if "projects_indicator" in query["sql"]]
    type(shown).objects.get(pk=shown.pk).unpublish()
    assert "bornes à tickets" not in visitor.get("/").content.decode()
