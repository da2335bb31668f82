"""Searches saved from the list, with the keyboard, without scripts, and told of in the news."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_quality import tab_to
from tests.browser.words import fr, unheard

Visit = Callable[..., Page]


def test_a_search_is_saved_with_the_keyboard_alone(visit: Visit) -> None:
    page, name = visit("elias"), unheard("Les bancs")
    page.goto("/idees/?q=banc")
    # Past the filters, which come first.
    tab_to(page, ".save-search summary", limit=200)
    page.keyboard.press("Enter")
    tab_to(page, ".save-search input[name=name]")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(name)
    expect(page).to_have_url(re.compile(r"/idees/\?q=banc$"))
    page.get_by_role("link", name=fr("Saved in your searches")).click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_search_is_saved_renamed_silenced_deleted_and_taken_back(
    visit: Visit, size: str, script: bool
) -> None:
    page, name = visit("marie", size, java_script_enabled=script), unheard("Les casiers")
    page.goto(f"/idees/?q={unheard('casier')}")
    page.locator(".save-search summary").click()
    page.locator(".save-search button[type=submit]").click()
    page.goto("/recherches/")
    row = page.locator(".saved-search").filter(has_text="casier").last
    row.get_by_role("link", name=fr("Rename")).click()
    page.locator("main input[name=name]").fill(name)
    page.locator("main form button[type=submit]").click()
    row = page.locator(".saved-search").filter(has_text=name)
    row.get_by_role("button", name=fr("Switch the alert off")).click()
    expect(row).to_contain_text(fr("alert off"))
    row.get_by_role("button", name=fr("Delete")).click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name=fr("Take the search back")).click()
    expect(row).to_be_visible()


def test_what_a_colleague_publishes_is_told_to_who_searches_for_it(visit: Visit) -> None:
    """The demonstration has no broker and no clock: the publication itself is when to look."""
    word = unheard("Girouette").replace(" ", "")
    searcher, author, moderator = visit("elias"), visit("awa"), visit("mona")
    searcher.goto(f"/recherches/enregistrer/?q={word}")
    searcher.locator("main form button[type=submit]").click()
    author.goto("/idees/proposer/")
    author.locator("#id_title").fill(f"Une {word} sur le toit du bureau")
    author.locator("#id_body").fill(f"Avec une {word}, nous verrions d’où vient le vent.")
    author.locator("fieldset .choice").first.click()
    author.locator(".submit-bar button[type=submit]").click()
    expect(author.locator(".idea-page__title")).to_be_visible()
    number = re.search(r"/idees/(\d+)/", author.url)
    assert number
    moderator.goto(f"/moderation/{number[1]}/")
    moderator.get_by_role("button", name=fr("Publish"), exact=True).first.click()
    expect(moderator.locator("#main")).to_be_visible()
    searcher.goto("/nouvelles/")
    line = searcher.get_by_role("link", name=word)
    expect(line).to_have_text(re.compile("^1 nouvelle idée pour"))
    line.click()
    expect(searcher.locator(".idea__title").first).to_contain_text(word)
    searcher.goto("/nouvelles/")
    expect(searcher.get_by_role("link", name=word)).to_have_count(0)
