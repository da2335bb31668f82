"""Every page of the journey, and how to get there: what is checked and what is pictured."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.words import fr

TITLE = "Une veste de pluie qui ne prend pas l’eau"
BODY = "Sous l’averse, la veste actuelle n’est pas étanche : je finis ma tournée trempée."


@dataclass(frozen=True)
class Stop:
    """A page: its name, who looks at it ("" is nobody), and the way to it."""

    name: str
    who: str
    go: Callable[[Page], object]


def _to(path: str) -> Callable[[Page], object]:
    return lambda page: page.goto(path)


def _typing(page: Page) -> None:
    page.goto("/idees/proposer/")
    page.locator("#id_title").fill(TITLE)
    page.locator("#id_body").fill(BODY)
    expect(page.locator("#similar .similar__item").first).to_be_visible()
    expect(page.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")


def _refused(page: Page) -> None:
    page.goto("/idees/proposer/")
    page.locator("#id_title").fill("🙂🙂🙂")
    page.locator(".submit-bar button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _first_idea(page: Page, query: str) -> None:
    page.goto(f"/idees/?{query}")
    page.locator(".idea__title a").first.click()
    expect(page.locator(".idea-page__title")).to_be_visible()
    # What is alike, if anything is, comes when its place is seen.
    page.locator("main aside").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


def _project(page: Page) -> None:
    page.goto("/projets/")
    page.locator(".project-card h3 a").first.click()
    expect(page.locator("figure.chart").first).to_be_visible()


def _editor(page: Page) -> None:
    _project(page)
    page.locator("a[href*='/administration/pages/']").click()
    expect(page.locator("#id_title")).to_be_visible()


def _own_idea(page: Page, query: str) -> None:
    """The first of one's own ideas, handed in now if there is none."""
    page.goto("/idees/miennes/")
    open_to_change = page.locator(".own:has([data-state=submitted]) h2 a")
    if not open_to_change.count():
        page.goto("/idees/proposer/")
        page.locator("#id_title").fill("Un casier fermé pour les affaires de la tournée")
        page.locator("#id_body").fill("Les casques et les gants traînent : un casier chacun.")
        page.locator("fieldset .choice").first.click()
        page.locator(".submit-bar button[type=submit]").click()
    else:
        open_to_change.first.click()
    expect(page.locator(".idea-page__title")).to_be_visible()
    if query:
        page.goto(f"{page.url.split('?')[0]}{query}")


def _filters(page: Page) -> None:
    page.goto("/idees/?theme=parcels")
    opener = page.locator("#results button[popovertarget=filters]")
    if opener.is_visible():
        opener.click()
    expect(page.locator("#filters")).to_be_visible()


def _tips(page: Page) -> None:
    """An operator that names nothing, and the help that says what there is."""
    page.goto("/idees/?q=guichet thème:xyz")
    page.locator("#search-help summary").press("Enter")
    expect(page.locator(".search-help__tips")).to_be_visible()
    expect(page.locator(".search-told")).to_be_visible()


def _saving(page: Page) -> None:
    page.goto("/idees/?q=boîte aux lettres&theme=parcels")
    page.locator(".save-search summary").click()
    expect(page.locator(".save-search input[name=name]")).to_be_visible()


def _saved_searches(page: Page) -> None:
    """What one has saved, with a first search if there is none."""
    page.goto("/recherches/")
    if not page.locator(".saved-search").count():
        page.goto("/recherches/enregistrer/?q=chariot électrique")
        page.locator("main form button[type=submit]").click()
        page.goto("/recherches/")
    expect(page.locator(".saved-search").first).to_be_visible()


def _review(page: Page) -> None:
    page.goto("/moderation/")
    page.locator(".triage-row__title a").first.click()
    expect(page.locator(".decide")).to_be_visible()


def _duplicates(page: Page) -> None:
    page.goto("/moderation/?tab=duplicates")
    expect(page.locator(".triage-row").first).to_be_visible()


def _pair(page: Page) -> None:
    _duplicates(page)
    page.locator(".triage-row__title a").first.click()
    expect(page.locator(".triage-idea__title").first).to_be_visible()


def _unsent(page: Page) -> None:
    """A form that was sent after the session ended."""
    page.goto("/idees/proposer/")
    page.context.clear_cookies(name="session")
    page.locator("#id_title").fill(TITLE)
    page.locator("#id_body").fill(BODY)
    page.locator(".submit-bar button[type=submit]").click()
    expect(page.get_by_role("button", name=fr("Send again"))).to_be_visible()


STOPS = (
    Stop("sign-in", "", _to("/compte/login/")),
    Stop("home", "awa", _to("/")),
    Stop("home-of-a-moderator", "mona", _to("/")),
    Stop("submit", "awa", _to("/idees/proposer/")),
    Stop("submit-with-similar-ideas", "awa", _typing),
    Stop("submit-refused", "elias", _refused),
    Stop("idea", "awa", lambda page: _first_idea(page, "sort=backed&state=published")),
    Stop("idea-declined", "awa", lambda page: _first_idea(page, "state=declined")),
    Stop("idea-adopted", "awa", lambda page: _first_idea(page, "state=adopted")),
    Stop("own-idea", "awa", lambda page: _own_idea(page, "")),
    Stop("own-idea-withdraw", "awa", lambda page: _own_idea(page, "retirer/")),
    Stop("own-idea-revise", "awa", lambda page: _own_idea(page, "completer/")),
    Stop("list", "awa", _to("/idees/")),
    Stop("list-search", "awa", _to("/idees/?q=file d’attente au guichet")),
    Stop("list-filters", "awa", _filters),
    Stop("list-nothing-found", "awa", _to("/idees/?q=xylophone&theme=bank&region=corse")),
    Stop("list-search-tips", "awa", _tips),
    Stop("list-save-search", "awa", _saving),
    Stop("save-search", "awa", _to("/recherches/enregistrer/?q=casier")),
    Stop("my-searches", "awa", _saved_searches),
    Stop("my-searches-none", "elias", _to("/recherches/")),
    Stop("my-ideas", "awa", _to("/idees/miennes/")),
    Stop("my-drafts", "awa", _to("/idees/miennes/?show=drafts")),
    Stop("my-votes", "awa", _to("/idees/miennes/?show=backed")),
    Stop("news", "awa", _to("/nouvelles/")),
    Stop("moderation", "mona", _to("/moderation/")),
    Stop("review", "mona", _review),
    Stop("duplicates", "mona", _duplicates),
    Stop("duplicates-pair", "mona", _pair),
    Stop("search-state", "adele", _to("/recherche/etat/")),
    Stop("thresholds", "adele", _to("/moderation/ressemblance/")),
    Stop("projects", "awa", _to("/projets/")),
    Stop("project", "awa", _project),
    Stop("editor", "paul", _editor),
    Stop("report", "marie", _to("/rapports/")),
    Stop("not-found", "awa", _to("/idees/999999999/")),
    Stop("unsent", "awa", _unsent),
    Stop("style", "awa", _to("/style/")),
)
# What the documentation shows of them.
PICTURED = (
    "sign-in",
    "home",
    "submit-with-similar-ideas",
    "idea",
    "list",
    "list-search",
    "list-filters",
    "my-ideas",
    "news",
    "my-searches",
    "moderation",
    "review",
    "duplicates",
    "duplicates-pair",
    "search-state",
    "thresholds",
    "editor",
    "projects",
    "project",
    "report",
    "style",
)
