"""The end of the journey: an adopted idea becomes a project, and its supporters hear of it."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import Visit, back, publish, review, submitted
from tests.browser.words import fr, unheard

NOTE = "Bravo : nous voulons l’essayer cet automne."
TEXT = "Deux bureaux l’essaient pendant trois mois."
INDICATORS = (
    ("Attente au guichet", "waiting-time", "min", "lower", "14", "8", ("13", "9.5", "7")),
    ("Satisfaction des clients", "satisfaction", "%", "higher", "71", "80", ("72", "78")),
)


def day(ago: int) -> str:
    return (date.today() - timedelta(days=ago)).isoformat()


def add(page: Page, panel: str) -> None:
    page.locator(f"#id_{panel}-ADD").click()


def write_text(page: Page) -> None:
    page.locator(".c-sf-add-button").first.click()
    page.get_by_role("option", name=fr("Heading")).click()
    page.locator("[name=body-0-value]").fill(TEXT)


def add_pilot(page: Page) -> None:
    add(page, "pilots")
    page.locator("#id_pilots-0-name").fill("Deux bureaux du Finistère")
    page.locator("#id_pilots-0-entities").select_option(index=[0, 1])
    page.locator("#id_pilots-0-starts_on").fill(day(90))
    page.locator("#id_pilots-0-ends_on").fill(day(0))


def add_indicator(page: Page, number: int, indicator: tuple[Any, ...]) -> None:
    name, kind, unit, better, baseline, target, values = indicator
    add(page, "indicators")
    place = f"#id_indicators-{number}"
    page.locator(f"{place}-name").fill(name)
    page.locator(f"{place}-kind").select_option(kind)
    page.locator(f"{place}-unit").fill(unit)
    page.locator(f"{place}-better").select_option(better)
    page.locator(f"{place}-baseline").fill(baseline)
    page.locator(f"{place}-target").fill(target)
    for count, value in enumerate(values):
        add(page, f"indicators-{number}-measurements")
        page.locator(f"{place}-measurements-{count}-on").fill(day(80 - 20 * count))
        page.locator(f"{place}-measurements-{count}-value").fill(value)
        page.locator(f"{place}-measurements-{count}-source").fill("Tickets de la file d’attente")


def press_publish(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("[name=action-publish]").click()


def adopted(visit: Visit, size: str, title: str) -> int:
    """An idea of Awa's that Marie backs and Mona adopts."""
    idea = submitted(visit("awa", size), title)
    moderator = visit("mona", size)
    publish(moderator, idea)
    back(visit("marie", size), idea)
    review(moderator, idea)
    moderator.locator(".decide summary", has_text=fr("Adopt")).click()
    moderator.locator("#adopt_note").fill(NOTE)
    moderator.get_by_role("button", name=fr("Adopt this idea")).click()
    expect(moderator.locator(".toast--success")).to_contain_text(title)
    return idea


@pytest.mark.slow
def test_an_adopted_idea_becomes_a_project_that_its_supporters_hear_of(
    visit: Visit, size: str
) -> None:
    title = unheard("Un accueil debout aux heures de pointe")
    idea = adopted(visit, size, title)
    lead = visit("paul", size)
    lead.goto(f"/administration/pages/search/?q={title}")
    lead.get_by_role("link", name=re.compile(re.escape(title))).first.click()
    press_publish(lead)
    expect(lead.locator(".messages")).to_contain_text(
        fr("Before it can be published, the project needs: %(lacks)s.", lacks="")[:-3]
    )
    write_text(lead)
    add_pilot(lead)
    for number, indicator in enumerate(INDICATORS):
        add_indicator(lead, number, indicator)
    press_publish(lead)
    expect(lead.locator(".messages .success")).to_be_visible()

    supporter = visit("marie", size)
    supporter.goto("/nouvelles/")
    news = supporter.locator(".news", has=supporter.get_by_role("link", name=title))
    expect(news.locator(".news__line").first).to_be_visible()
    supporter.goto(f"/idees/{idea}/")
    expect(supporter.locator("article .badge").first).to_have_attribute("data-state", "adopted")
    supporter.locator("section", has=supporter.locator("#project-of-title")).get_by_role(
        "link"
    ).click()
    expect(supporter).to_have_url(re.compile("/projets/"))
    expect(supporter.get_by_role("heading", level=1)).to_have_text(title)
    expect(supporter.locator(".prose")).to_contain_text(TEXT)
    charts = supporter.locator("figure.chart")
    expect(charts).to_have_count(len(INDICATORS))
    for chart, (name, *_rest) in zip(charts.all(), INDICATORS, strict=True):
        expect(chart).to_contain_text(name)
        expect(chart.locator(".chart__plot svg").first).to_be_visible()
    expect(charts.first.locator("figcaption")).to_contain_text("14")
    expect(supporter.locator("aside")).to_contain_text("Awa Le Goff")


def test_projects_are_listed_with_what_they_changed(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/projets/")
    cards = page.locator(".project-card")
    assert cards.count() >= 3
    assert cards.locator(".project-card__change").count() >= 3
    words = cards.first.locator("h3").inner_text()
    cards.first.locator("h3 a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_the_editor_has_the_name_of_the_product(visit: Visit, size: str) -> None:
    page = visit("paul", size)
    page.goto("/administration/")
    expect(page).to_have_title(re.compile("Tournée"))
    expect(page.locator("body")).to_contain_text("Tournée")
