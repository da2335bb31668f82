"""What holds on every page: readable by all, in one language, fitting, and quiet."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.tour import STOPS, Stop
from tests.browser.words import fr, unheard

Visit = Callable[..., Page]
# Wagtail's own pages are Wagtail's.
OURS = [stop for stop in STOPS if stop.name != "editor"]
every_page = pytest.mark.parametrize("stop", OURS, ids=lambda stop: stop.name)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Its samples are French, and it shows what belongs to no page.
STYLE = "style"
REFUSED = {"not-found": 404, "unsent": 401}


# The other scheme changes colours and nothing else.
RULES: dict[str, Any] = {
    "light": {"type": "tag", "values": WCAG},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def violations(page: Page, scheme: str) -> list[str]:
    # Only what is wrong: to describe all that is right takes most of the time.
    options: Any = {"runOnly": RULES[scheme], "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """What sticks out of the window, if the page can be moved sideways at all."""
    return page.evaluate(  # type: ignore[no-any-return]
        """() => {
            const root = document.documentElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            return [...document.body.querySelectorAll("*")]
                .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1)
                .map((one) => one.outerHTML.slice(0, 120));
        }"""
    )


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def expect_what_is_refused(watch: Any, stop: Stop) -> None:
    if stop.name in REFUSED:
        watch.expected.append(f"(status of|Status Error Code) {REFUSED[stop.name]}")


@every_page
@pytest.mark.parametrize("scheme", RULES)
def test_page_is_accessible(visit: Visit, watch: Any, size: str, scheme: str, stop: Stop) -> None:
    """Opened afresh in each scheme: colours on their way to the other one mean nothing."""
    expect_what_is_refused(watch, stop)
    page = visit(stop.who, size, color_scheme=scheme, reduced_motion="reduce")
    stop.go(page)
    settled(page)
    assert violations(page, scheme) == []


@every_page
def test_page_fits_a_narrow_phone_and_speaks_one_language(
    visit: Visit, watch: Any, stop: Stop, base_url: str
) -> None:
    expect_what_is_refused(watch, stop)
    page = visit(stop.who, viewport={"width": 360, "height": 740})
    stop.go(page)
    settled(page)
    assert overflow(page) == []
    if stop.name == STYLE:
        return
    assert page.locator("html").get_attribute("lang") == "fr"
    assert chrome_in("en", page) == set()
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": base_url}])
    page.reload()
    settled(page)
    assert page.locator("html").get_attribute("lang") == "en"
    assert chrome_in("fr", page) == set()


def chrome_in(language: str, page: Page) -> set[str]:
    """What the page says in that language's words, though it stands in the other one."""
    said: list[str] = page.evaluate(
        """() => {
            // What people wrote, in whichever language, and the product's name.
            const others = "[lang]:not(html), [translate=no], textarea, .prose, [class*=__title] a,"
                + ".idea-page__title, .triage-idea__title, mark";
            const heard = [];
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const node = walker.currentNode;
                const around = node.parentElement;
                const shown = around.checkVisibility({ visibilityProperty: true });
                // What stands between two marked words is of the same text.
                if (shown && !around.closest(others) && !around.querySelector(":scope > mark"))
                    heard.push(node.data.trim());
            }
            for (const one of document.querySelectorAll("[aria-label], [placeholder], [title]"))
                for (const name of ["aria-label", "placeholder", "title"])
                    if (one.hasAttribute(name) && !one.closest("[lang]:not(html)"))
                        heard.push(one.getAttribute(name).trim());
            return heard.filter(Boolean);
        }"""
    )
    foreign = _phrases(language)
    return {words for words in set(said) if foreign.fullmatch(words)}


@cache
def _phrases(language: str) -> re.Pattern[str]:
    """Every message of the catalogues as that language alone says it."""
    phrases = {
        pair[language] for pair in [*_messages(), *_taxonomy()] if pair["fr"] != pair["en"]
    } - {pair[{"fr": "en", "en": "fr"}[language]] for pair in [*_messages(), *_taxonomy()]}
    patterns = (
        r".+?".join(map(re.escape, re.split(r"%\(\w+\)[sd]|\{\w+\}|%s", phrase)))
        for phrase in phrases
        if re.search(r"[^\W\d_]{3}", re.sub(r"%\(\w+\)[sd]", "", phrase))
    )
    return re.compile("|".join(patterns), re.DOTALL)


def _messages() -> Iterator[dict[str, str]]:
    for path in Path(settings.BASE_DIR).glob("*/locale/fr/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                said = message.string if isinstance(message.string, tuple) else (message.string,)
                for english, french in zip(ids, said, strict=False):
                    if english:
                        yield {"en": english.strip(), "fr": french.strip()}


def _taxonomy() -> Iterator[dict[str, str]]:
    words = json.loads(
        (Path(settings.BASE_DIR) / "demonstration/data/taxonomy.json").read_text("utf-8")
    )
    for name in ("themes", "moments", "channels", "professions"):
        for row in words[name]:
            yield {"fr": row["name_fr"], "en": row["name_en"]}


def test_the_english_interface_says_what_the_pages_are(visit: Visit, base_url: str) -> None:
    page = visit("mona")
    page.goto("/idees/")
    page.locator("button[name=language][value=en]").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ideas of colleagues")
    nav = page.get_by_role("navigation", name="Main", exact=True)
    expect(nav).to_contain_text(re.compile(r"Ideas\s+Projects\s+My ideas\s+Moderation"))


# --- Keyboard -----------------------------------------------------------------------------------
FOCUS = """async () => {
    // What the focus has left, the link to the content above all, goes with the next frame.
    for (const _frame of [1, 2]) await new Promise(requestAnimationFrame);
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const marked = (each) => {
        const style = getComputedStyle(each);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
            || style.boxShadow !== "none";
    };
    // A card is marked as a whole where its title has the focus.
    const around = [one, one.parentElement, one.parentElement?.parentElement,
        one.closest(".idea, .own, .card")];
    const box = one.getBoundingClientRect();
    const x = box.left + Math.min(box.width, 300) / 2, y = box.top + Math.min(box.height, 40) / 2;
    const top = document.elementFromPoint(x, y);
    const reached = !top || one.contains(top) || top.contains(one)
        || one.labels?.[0]?.contains(top) || around[1].contains(top);
    return {
        what: one.outerHTML.slice(0, 120),
        marked: around.filter(Boolean).some(marked),
        inside: box.bottom > 0 && box.top < innerHeight,
        reached: Boolean(reached),
    };
}"""


def tab_to(page: Page, selector: str, limit: int = 120) -> None:
    target = page.locator(selector).first
    for _step in range(limit):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{selector} is not reached with the keyboard")


@pytest.mark.parametrize("path", ["/", "/idees/", "/idees/proposer/", "/idees/miennes/"])
def test_focus_is_always_in_sight(visit: Visit, size: str, path: str) -> None:
    page = visit("awa", size, is_mobile=False, reduced_motion="reduce")
    page.goto(path)
    settled(page)
    unseen = []
    for _step in range(45):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus and not (focus["marked"] and focus["inside"] and focus["reached"]):
            unseen.append(focus)
    assert unseen == []


def test_an_idea_is_submitted_with_the_keyboard_alone(visit: Visit) -> None:
    page, title = visit("elias"), unheard("Un abri pour les vélos")
    page.goto("/")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text(fr("What is your idea?"))
    tab_to(page, "#id_title")
    page.keyboard.type(title)
    tab_to(page, "#id_body")
    page.keyboard.type("Les vélos restent sous la pluie.")
    tab_to(page, "input[name=theme]")
    page.keyboard.press("ArrowRight")
    tab_to(page, ".submit-bar button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_an_idea_is_found_and_backed_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("elias")
    page.goto("/idees/")
    page.keyboard.press("/")
    page.keyboard.type("colis")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=colis"))
    tab_to(page, ".vote[aria-pressed=false]")
    pressed = page.locator(".vote[aria-pressed=true]").count()
    page.keyboard.press("Enter")
    expect(page.locator(".vote[aria-pressed=true]")).to_have_count(pressed + 1)
    expect(page.locator(".vote:focus")).to_have_count(1)


def test_the_page_can_begin_with_its_content(visit: Visit) -> None:
    page = visit("awa")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


# --- Motion -------------------------------------------------------------------------------------
MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
    const style = getComputedStyle(one);
    const seconds = (list) => Math.max(...list.split(",").map(parseFloat));
    return seconds(style.transitionDuration) > 0.02 || (style.animationName !== "none"
        && seconds(style.animationDuration) > 0.02);
}).length"""


def test_nothing_moves_for_those_who_do_not_want_it(visit: Visit) -> None:
    calm = visit("awa", reduced_motion="reduce")
    calm.goto("/style/")
    lively = visit("awa", reduced_motion="no-preference")
    lively.goto("/style/")
    assert calm.evaluate(MOVING) == 0
    assert lively.evaluate(MOVING) > 0


# --- Security policy ------------------------------------------------------------------------------
def test_an_inline_script_does_not_run(visit: Visit, watch: Any) -> None:
    watch.expected.append("Content Security Policy")
    page = visit("awa")
    page.goto("/")
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.intruder = true";
            document.body.append(script);
        }"""
    )
    assert not page.evaluate("window.intruder")
    assert any("Content Security Policy" in line for line in watch.seen)


def test_markup_typed_into_every_field_is_shown_as_text(visit: Visit, size: str) -> None:
    page = visit("elias", size)
    typed = unheard("<script>document.title = 'pris'</script><img src=x onerror=alert(1)>")
    page.goto("/idees/proposer/")
    page.locator("#id_title").fill(typed)
    page.locator("#id_body").fill(f"{typed} </textarea><b>gras</b>")
    page.locator("fieldset .choice").first.click()
    page.locator(".submit-bar button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(typed)
    expect(page.locator(".idea-page__text")).to_contain_text("<b>gras</b>")
    assert page.locator("h1 script, h1 img, .idea-page__text b").count() == 0
