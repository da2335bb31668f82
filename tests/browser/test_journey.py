"""From a phone to a published project: one test for each step of the journey, at both sizes."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.accounts.provider import Provider
from tests.browser.acts import EXPLAINED, Visit, choose, hand_in, photo, sign_in_again, type_idea
from tests.browser.words import begins, fr, unheard

COLLECTING = "Un guichet réservé au retrait des colis et des recommandés"


def open_vote(page: Page) -> Locator:
    """The first idea of the list that may be backed and is not yet."""
    page.goto("/idees/?sort=new&state=published")
    return page.locator(".idea", has=page.locator(".vote[aria-pressed=false]")).first


def test_sign_in_with_one_click(visit: Visit, size: str) -> None:
    page = visit(None, size)
    page.goto("/idees/proposer/")
    page.get_by_role("button", name=fr("Letter carrier")).click()
    # What was asked for before the sign-in is where it leads.
    expect(page.get_by_role("heading", level=1)).to_have_text(fr("What is your idea?"))
    page.goto("/")
    expect(page.locator(".hero__text")).to_contain_text("Awa")


def test_sign_in_with_a_password(visit: Visit, size: str) -> None:
    page = visit(None, size)
    page.goto("/compte/login/")
    page.locator("#id_login").fill("marie")
    page.locator("#id_password").fill("faux")
    page.locator("form.card button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.locator("#id_password").fill("tournee-demo")
    page.locator("form.card button[type=submit]").click()
    expect(page.locator(".hero__text")).to_contain_text("Marie")


@pytest.mark.skipif("BROWSER_ADDRESS" in os.environ, reason="knows another provider, or none")
def test_sign_in_with_the_company(visit: Visit, watch: Any, provider: Provider, size: str) -> None:
    """The way to another site and back, which the security policy closes to forms."""
    provider.says(sub="8f2c", preferred_username="awa")
    watch.expected.append(f"another host: {provider.address}/authorize")
    page = visit(None, size)
    page.goto("/idees/proposer/")
    page.get_by_role("link", name="Ma Poste").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(fr("What is your idea?"))
    page.goto("/")
    expect(page.locator(".hero__text")).to_contain_text("Awa")


def test_home(visit: Visit, size: str) -> None:
    page = visit("mona", size)
    page.goto("/")
    expect(page.get_by_role("heading", name=fr("Waiting for you"))).to_be_visible()
    expect(page.locator(".campaign h2")).to_be_visible()
    rising = page.get_by_role("region", name=fr("What is rising"))
    assert rising.locator(".idea").count() >= 3
    assert page.locator(".project-card").count() >= 3
    page.locator(".hero").get_by_role("link", name=fr("Submit an idea")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(fr("What is your idea?"))


def test_submit_an_idea_with_a_photo(visit: Visit, size: str) -> None:
    page, title = visit("awa", size), unheard("Un banc chauffé près du quai")
    type_idea(page, title)
    expect(page.locator("#id_place")).not_to_have_value("")
    choose(page, "banc.jpg", photo(800, 600))
    expect(page.locator("[data-file-preview] img")).to_be_visible()
    hand_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".toast--success")).to_contain_text(
        fr("Thank you! Your idea has been submitted.")
    )
    photo_shown = page.locator(".idea-page__photo img")
    photo_shown.scroll_into_view_if_needed()
    expect(photo_shown).to_have_js_property("complete", True)
    assert photo_shown.evaluate("image => image.naturalWidth") > 0


def test_submit_anonymously(visit: Visit, size: str) -> None:
    page, title = visit("awa", size), unheard("Une boîte pour parler sans crainte")
    type_idea(page, title)
    page.locator("#id_is_anonymous").check()
    expect(page.locator("#id_place")).to_be_hidden()
    hand_in(page)
    facts = page.locator(".idea-page__facts")
    expect(facts).to_contain_text(fr("Anonymous: only you see that it is yours"))
    expect(facts).not_to_contain_text("Awa")


def test_similar_ideas_appear_while_typing(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/idees/proposer/")
    page.locator("#id_body").fill(EXPLAINED)
    page.locator("#id_title").press_sequentially(COLLECTING, delay=5)
    item = page.locator("#similar .similar__item").first
    expect(item.locator(".badge")).to_be_visible()
    expect(item.locator(".similar__why")).not_to_be_empty()
    expect(page.locator("#id_title")).to_be_focused()


def test_the_same_idea_becomes_a_vote_and_a_comment(visit: Visit, size: str) -> None:
    page, detail = visit("awa", size), unheard("Chez nous, dix minutes de plus le samedi")
    page.goto("/idees/?sort=backed")
    said = page.locator(".idea").filter(has=page.locator(".vote[aria-pressed=false]")).first
    type_idea(page, said.locator(".idea__title").inner_text(), detail)
    item = page.locator("#similar .similar__item").filter(
        has=page.get_by_role("button", name=fr("Same idea: I back it"))
    )
    title = item.first.locator(".similar__name").inner_text()
    item.first.get_by_role("button", name=fr("Same idea: I back it")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(fr("You back this idea"))
    expect(page.locator("#comment-text")).to_have_value(re.compile(re.escape(detail)))
    page.get_by_role("button", name=fr("Add it as a comment")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".vote--wide")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#comment-list")).to_contain_text(detail)


def test_a_draft_survives_the_end_of_the_session(visit: Visit, watch: Any, size: str) -> None:
    watch.expected += ["status of 401", "Status Error Code 401"]
    page, title = visit("elias", size), unheard("Des gants plus fins")
    type_idea(page, title)
    status = page.locator("[data-draft-status]")
    expect(status).to_have_attribute("data-state", "saved")
    page.context.clear_cookies(name="session")
    page.locator("#id_body").fill(f"{EXPLAINED} Et des moufles.")
    expect(status).to_contain_text(fr("Session ended: kept on this device."))
    hand_in(page)
    expect(page.locator("main")).to_contain_text(f"{EXPLAINED} Et des moufles.")
    sign_in_again(page, fr("Expert"))
    page.get_by_role("button", name=fr("Send again")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator("main")).to_contain_text("Et des moufles.")


def test_a_draft_is_found_again_on_another_device(visit: Visit, size: str) -> None:
    page, title = visit("marie", size), unheard("Un casier par tournée")
    type_idea(page, title)
    expect(page.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    other = visit("marie", size)
    other.goto("/")
    other.get_by_role("link", name=title).click()
    expect(other.locator("#id_title")).to_have_value(title)
    expect(other.locator("#id_body")).to_have_value(EXPLAINED)


def test_a_double_click_makes_one_idea(visit: Visit, size: str) -> None:
    page, title = visit("paul", size), unheard("Un diable pliable par véhicule")
    type_idea(page, title)
    page.locator("fieldset .choice").first.click()
    page.get_by_role("button", name=fr("Submit my idea")).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.goto("/idees/miennes/")
    expect(page.get_by_role("link", name=title)).to_have_count(1)


def test_a_photo_of_ten_megabytes_is_made_lighter(visit: Visit, size: str) -> None:
    page, title = visit("awa", size), unheard("Un marquage au sol")
    type_idea(page, title)
    heavy = photo(3400, 2700)
    assert len(heavy) > 10_000_000
    choose(page, "quai.jpg", heavy)
    expect(page.locator("[data-file-preview]")).to_be_visible()
    assert page.evaluate("document.getElementById('id_photo').files[0].size") < 8_000_000
    hand_in(page)
    expect(page.locator(".idea-page__photo img")).to_have_count(1)


def test_a_photo_of_ten_megabytes_is_refused_in_words(visit: Visit, size: str) -> None:
    """Where no script makes it lighter first."""
    page, title = visit("awa", size, java_script_enabled=False), unheard("Un miroir au quai")
    type_idea(page, title)
    choose(page, "quai.jpg", photo(3400, 2700))
    hand_in(page)
    expect(page.locator("#id_photo_error")).to_contain_text(
        begins(
            "This photo weighs %(size)s; the limit is %(limit)s. Choose a smaller one: "
            "everything else you typed is kept."
        )
    )
    expect(page.locator("#id_title")).to_have_value(title)
    expect(page.locator("#id_body")).to_have_value(EXPLAINED)


def test_the_page_of_an_idea(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    # An idea that others have had too.
    page.goto("/idees/?q=deuxième batterie vélo électrique")
    page.locator(".idea__title a").first.click()
    expect(page.locator(".route__next")).to_be_visible()
    expect(page.locator(".timeline__stop").first).to_be_visible()
    expect(page.locator("#comments")).to_be_visible()
    expect(page.locator("#share-link")).to_have_value(page.url)
    similar = page.get_by_role("heading", name=fr("Similar ideas"))
    similar.scroll_into_view_if_needed()
    assert page.locator(".similar__item").count() >= 1


def test_search_finds_words_without_accents_or_endings(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/idees/")
    page.locator("#q").fill("file d'attentes trop longues")
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile("q=file"))
    expect(page.locator(".idea mark").first).to_be_visible()
    expect(page.locator(".idea").first).to_contain_text(re.compile("attente|file|patient", re.I))


def test_facets_narrow_the_list_and_live_in_its_address(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/idees/")
    if size == "phone":
        page.get_by_role("button", name=fr("Filter")).click()
    box = page.locator("input[name=theme]").first
    promised = page.locator(f"#count-theme-{box.get_attribute('value')}").inner_text()
    box.check()
    expect(page).to_have_url(re.compile("theme="))
    expect(page.locator("#count")).to_have_text(re.compile(rf"^\s*{promised}\D"))
    other = visit("marie", size)
    other.goto(page.url)
    expect(other.locator("#count")).to_have_text(page.locator("#count").inner_text())
    other.get_by_role("link", name=fr("remove this filter")).click()
    expect(other).not_to_have_url(re.compile("theme="))


def test_every_order_says_what_it_does(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/idees/")
    menu = page.locator(".order details")
    menu.locator("summary").click()
    labels = menu.locator(".menu__item span").all_inner_texts()
    assert len(labels) >= 5
    for label in labels:
        if menu.get_attribute("open") is None:
            menu.locator("summary").click()
        item = menu.locator(".menu__item", has_text=label).first
        says = item.locator("small").inner_text()
        item.click()
        expect(page.locator(".order__says")).to_have_text(says)
        expect(page.locator(".idea")).to_have_count(20)


@pytest.mark.parametrize("order", ["rising", "discover"])
def test_show_more_neither_repeats_nor_misses(visit: Visit, size: str, order: str) -> None:
    page = visit("awa", size)
    page.goto(f"/idees/?theme=parcels&sort={order}")
    total = int(re.sub(r"\D", "", page.locator("#count").inner_text()))
    while page.locator(".pagination .button--secondary").count():
        shown = page.locator(".idea").count()
        page.locator(".pagination .button--secondary").click()
        expect(page.locator(".idea")).not_to_have_count(shown)
    addresses = page.locator(".idea__title a").evaluate_all("all => all.map(a => a.pathname)")
    assert len(addresses) == len(set(addresses)) == total


def test_vote_at_once(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    idea = open_vote(page)
    address = idea.locator(".idea__title a").get_attribute("href") or ""
    page.goto(address)
    page.evaluate("window.sameDocument = true")
    vote = page.locator(".vote--wide")
    before = int(vote.locator(".vote__count").inner_text())
    vote.click()
    expect(page.locator(".vote--wide[aria-pressed=true]")).to_be_visible()
    expect(vote.locator(".vote__count")).to_have_text(str(before + 1))
    assert page.evaluate("window.sameDocument")
    page.reload()
    vote.click()
    expect(page.locator(".vote--wide[aria-pressed=false] .vote__count")).to_have_text(str(before))


def test_comment_at_once(visit: Visit, size: str) -> None:
    page, words = visit("awa", size), unheard("Essayé chez nous, cela marche")
    page.goto(open_vote(page).locator(".idea__title a").get_attribute("href") or "")
    page.evaluate("window.sameDocument = true")
    form = page.locator("#comment-form")
    form.locator("textarea").fill(words)
    form.get_by_role("button", name=fr("Comment")).click()
    expect(page.locator("#comment-list")).to_contain_text(words)
    expect(form.locator("textarea")).to_have_value("")
    assert page.evaluate("window.sameDocument")
    page.reload()
    expect(page.locator("#comment-list")).to_contain_text(words)


def test_vote_and_comment_without_scripts(visit: Visit, size: str) -> None:
    page = visit("awa", size, java_script_enabled=False)
    words = unheard("Sans script, cela marche aussi")
    address = open_vote(page).locator(".idea__title a").get_attribute("href") or ""
    page.goto(address)
    before = int(page.locator(".vote--wide .vote__count").inner_text())
    page.locator(".vote--wide").click()
    expect(page.locator(".vote--wide[aria-pressed=true] .vote__count")).to_have_text(
        str(before + 1)
    )
    page.locator("#comment-form textarea").fill(words)
    page.locator("#comment-form").get_by_role("button", name=fr("Comment")).click()
    expect(page.locator("#comment-list")).to_contain_text(words)


def test_the_list_works_without_scripts(visit: Visit, size: str) -> None:
    page = visit("awa", size, java_script_enabled=False)
    page.goto("/idees/")
    if size == "phone":
        page.get_by_role("button", name=fr("Filter")).click()
    page.locator("input[name=theme]").first.check()
    page.locator(".filters__foot button.without-js").click()
    expect(page).to_have_url(re.compile("theme="))
    page.locator("#q").fill("colis")
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile("q=colis"))
    assert page.locator(".idea").count() >= 1


def test_report(visit: Visit, size: str) -> None:
    page = visit("marie", size)
    page.goto("/rapports/")
    charts = page.locator("figure.chart")
    assert charts.count() >= 4
    for chart in charts.all():
        expect(chart.locator("svg[width], svg[viewBox]").first).to_be_visible()
        chart.locator("summary").click()
        assert chart.locator("tbody tr").count() >= 1
    with page.expect_download() as download:
        charts.first.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) > 1
    assert ";" in lines[0]


def test_each_of_my_ideas_opens_by_itself(visit: Visit, size: str) -> None:
    page = visit("awa", size)
    page.goto("/idees/miennes/")
    titles = page.locator(".own h2 a")
    expect(titles.nth(2)).to_be_visible()
    words = titles.nth(1).inner_text()
    titles.nth(1).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_a_reload_and_a_step_back_lose_nothing_and_repeat_nothing(visit: Visit, size: str) -> None:
    page, title = visit("awa", size), unheard("Un porte-parapluie à l’entrée")
    type_idea(page, title)
    expect(page.locator("[data-draft-status]")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator("#id_title")).to_have_value(title)
    hand_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
