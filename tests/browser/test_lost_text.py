"""What was typed is there after a lost session, and beside what another tab saved."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import EXPLAINED, Visit, sign_in_again, type_idea
from tests.browser.words import fr, unheard

pytestmark = pytest.mark.browser


def test_a_comment_survives_the_end_of_the_session_without_scripts(
    visit: Visit, watch: Any, size: str
) -> None:
    watch.expected += ["status of 401", "status of 403"]
    page, words = visit("elias", size, java_script_enabled=False), unheard("Vu à Brest aussi")
    page.goto("/idees/?sort=new&state=published")
    page.goto(page.locator(".idea__title a").first.get_attribute("href") or "")
    page.locator("#comment-form textarea").fill(words)
    page.context.clear_cookies(name="session")
    page.locator("#comment-form").get_by_role("button", name=fr("Comment")).click()
    expect(page.locator("main")).to_contain_text(words)
    sign_in_again(page, fr("Expert"))
    # Without scripts nothing puts the new token into the page: it is given back once more.
    page.get_by_role("button", name=fr("Send again")).click()
    expect(page.locator("main")).to_contain_text(words)
    page.get_by_role("button", name=fr("Send again")).click()
    expect(page.locator("#comment-list")).to_contain_text(words)


@pytest.fixture
def tabs(visit: Visit, watch: Any) -> tuple[Page, Page]:
    """The same draft in two tabs; the first has changed it since."""
    watch.expected.append("status of 409")
    one = visit("marie")
    type_idea(one, unheard("Un casier par tournée"))
    expect(one.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    other = one.context.new_page()
    other.goto(one.url)
    one.locator("#id_body").fill("Dans le premier onglet.")
    expect(one.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    other.locator("#id_body").fill(f"{EXPLAINED} Dans le second onglet.")
    expect(other.locator("[data-draft-status]")).to_contain_text(
        fr("This draft was changed elsewhere. What you type here is kept on this device only.")
    )
    return one, other


def test_the_text_of_this_tab_is_kept_when_it_is_chosen(tabs: tuple[Page, Page]) -> None:
    one, other = tabs
    other.get_by_role("button", name=fr("Keep this text")).click()
    expect(other.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    one.reload()
    expect(one.locator("#id_body")).to_have_value(f"{EXPLAINED} Dans le second onglet.")


def test_the_text_of_the_other_tab_is_shown_when_it_is_chosen(tabs: tuple[Page, Page]) -> None:
    _one, other = tabs
    other.get_by_role("button", name=fr("Show the other text")).click()
    expect(other.locator("#id_body")).to_have_value("Dans le premier onglet.")
    other.reload()
    expect(other.locator("[data-draft-status]")).to_be_empty()


def test_a_reload_chooses_neither(tabs: tuple[Page, Page]) -> None:
    one, other = tabs
    other.reload()
    expect(other.locator("#id_body")).to_have_value(f"{EXPLAINED} Dans le second onglet.")
    expect(other.get_by_role("button", name=fr("Keep this text"))).to_be_visible()
    one.reload()
    expect(one.locator("#id_body")).to_have_value("Dans le premier onglet.")


def test_the_summary_of_errors_leads_to_the_choices_of_a_theme(visit: Visit) -> None:
    page = visit("awa")
    type_idea(page, unheard("Un banc"))
    page.locator(".submit-bar button[type=submit]").click()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#id_theme")).to_be_focused()
