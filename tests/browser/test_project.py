"""The end of the journey: an adopted idea becomes a project, and its supporters hear of it."""

import re
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.acts import Visit, back, publish, review, submitted
from tests.browser.words import fr, unheard

NOTE = "Bravo : nous voulons l’essayer cet automne."
HEADING = "Pourquoi debout"
TEXT = "Deux bureaux l’essaient pendant trois mois. "
BOLD = "Sans travaux."
QUOTE = "On ne me demande plus si c’est ici."
PILOT = "Deux bureaux du Finistère"
INDICATORS = (
    ("Attente au guichet", "waiting-time", "min", "lower", "14", "8", ("13", "9.5", "7")),
    ("Satisfaction des clients", "satisfaction", "%", "higher", "71", "80", ("72", "78")),
)


def day(ago: int) -> str:
    return (date.today() - timedelta(days=ago)).strftime("%d/%m/%Y")


def add(page: Page, panel: str) -> None:
    page.locator(f"#id_{panel}-ADD").click()


def fill_day(page: Page, field: str, ago: int) -> None:
    """Type the day and confirm it: until then, its calendar lies over what stands below."""
    calendar = page.locator(".xdsoft_datetimepicker:visible")
    page.locator(field).fill(day(ago))
    expect(calendar).to_have_count(1)
    page.locator(field).press("Enter")
    expect(calendar).to_have_count(0)


def add_block(page: Page, kind: str) -> None:
    page.locator(".c-sf-add-button").last.click()
    page.get_by_role("option", name=fr(kind)).click()


def write_text(page: Page) -> None:
    add_block(page, "Heading")
    page.locator("[name=body-0-value]").fill(HEADING)
    add_block(page, "Paragraph")
    paragraph = page.locator("[data-contentpath=body] [contenteditable=true]")
    paragraph.click()
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+b")
    page.keyboard.type(BOLD)
    add_block(page, "Quote")
    page.locator("[name=body-2-value]").fill(QUOTE)


def add_pilot(page: Page) -> None:
    add(page, "pilots")
    page.locator("#id_pilots-0-name").fill(PILOT)
    for place in (0, 1):
        page.locator(f"#id_pilots-0-entities_{place}").check()
    fill_day(page, "#id_pilots-0-starts_on", 90)
    fill_day(page, "#id_pilots-0-ends_on", 0)


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
        fill_day(page, f"{place}-measurements-{count}-on", 80 - 20 * count)
        page.locator(f"{place}-measurements-{count}-value").fill(value)
        page.locator(f"{place}-measurements-{count}-source").fill("Tickets de la file d’attente")


def press_publish(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("[name=action-publish]").click()


def adopted(visit: Visit, title: str) -> int:
    """An idea of Awa's that Marie backs and Mona adopts."""
    idea = submitted(visit("awa", "phone"), title)
    moderator = visit("mona")
    publish(moderator, idea)
    back(visit("marie"), idea)
    review(moderator, idea)
    moderator.locator(".decide summary", has_text=fr("Adopt")).click()
    moderator.locator("#adopt_note").fill(NOTE)
    moderator.get_by_role("button", name=fr("Adopt this idea")).click()
    expect(moderator.locator(".toast--success")).to_contain_text(title)
    return idea


def completed(lead: Page, title: str) -> None:
    """Paul finds the draft, hears what it lacks, adds that and publishes."""
    lead.goto(f"/administration/pages/search/?q={title}")
    lead.get_by_role("link", name=re.compile(re.escape(title))).first.click()
    press_publish(lead)
    expect(lead.locator(".messages")).to_contain_text(
        fr(
            "Before it can be published, the project “%(title)s” needs: %(lacks)s.",
            title=title,
            lacks="",
        )[:-4]
    )
    write_text(lead)
    add_pilot(lead)
    for number, indicator in enumerate(INDICATORS):
        add_indicator(lead, number, indicator)
    press_publish(lead)
    expect(lead.locator(".messages .success")).to_be_visible()


def shows_what_was_written(page: Page) -> None:
    expect(page.locator(".prose h2")).to_have_text(HEADING)
    expect(page.locator(".prose p").first).to_contain_text(TEXT.strip())
    expect(page.locator(".prose b, .prose strong")).to_have_text(BOLD)
    expect(page.locator(".prose blockquote")).to_contain_text(QUOTE)
    pilot = page.locator("aside section", has_text=PILOT)
    expect(pilot.locator("li")).to_have_count(2)
    charts = page.locator("figure.chart")
    expect(charts).to_have_count(len(INDICATORS))
    for chart, (name, *_rest) in zip(charts.all(), INDICATORS, strict=True):
        expect(chart).to_contain_text(name)
        drawing = chart.locator(".chart__plot svg").first
        expect(drawing).to_be_visible()
        # Where it started and where it should arrive.
        expect(drawing).to_contain_text(fr("before"))
        expect(drawing).to_contain_text(fr("target"))
    expect(charts.first.locator("figcaption")).to_contain_text("14")


def test_an_adopted_idea_becomes_a_project_that_its_supporters_hear_of(visit: Visit) -> None:
    title = unheard("Un accueil debout aux heures de pointe")
    idea = adopted(visit, title)
    completed(visit("paul"), title)

    supporter = visit("marie", "phone")
    supporter.goto("/nouvelles/")
    news = supporter.locator(".news", has=supporter.get_by_role("link", name=title))
    expect(news.locator(".news__line").first).to_contain_text(
        fr("%(idea)s has become a project.", idea=fr("An idea that you back"))
    )
    supporter.goto(f"/idees/{idea}/")
    expect(supporter.locator("article .badge").first).to_have_attribute("data-state", "adopted")
    supporter.locator("section", has=supporter.locator("#project-of-title")).get_by_role(
        "link"
    ).click()
    expect(supporter).to_have_url(re.compile("/projets/"))
    expect(supporter.get_by_role("heading", level=1)).to_have_text(title)
    shows_what_was_written(supporter)
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
