"""The moderator's part of the journey: nothing lost, nothing twice, everyone answered."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.acts import Visit, back, publish, review, submitted, supporters
from tests.browser.words import fr, unheard

QUESTION = "Dans quel bureau, et à quelle heure de la journée est-ce arrivé ?"


def undo(page: Page) -> None:
    page.locator(".triage-done").get_by_role("button", name=fr("Undo")).click()
    expect(page.locator(".toast--success")).to_contain_text(
        fr("Taken back: the idea is again as it was before.")
    )


def test_the_queue_begins_with_the_oldest(visit: Visit, size: str) -> None:
    page = visit("mona", size)
    page.goto("/moderation/")
    ages = page.locator(".triage-age__days").all_inner_texts()
    days = [int("0" + "".join(re.findall(r"\d", age))) for age in ages]
    assert len(days) > 5
    assert days == sorted(days, reverse=True)
    title = page.locator(".triage-row__title").first
    words = title.inner_text()
    title.get_by_role("link").click()
    expect(page.locator(".triage-idea__title")).to_have_text(words)


def test_publish_and_take_it_back(visit: Visit, size: str) -> None:
    author, title = visit("awa", size), unheard("Un rideau d’air à la porte du quai")
    idea = submitted(author, title)
    moderator = visit("mona", size)
    publish(moderator, idea)
    expect(moderator.locator(".triage-idea__title")).not_to_have_text(title)
    author.reload()
    expect(author.locator("article .badge").first).to_have_attribute("data-state", "published")
    undo(moderator)
    author.reload()
    expect(author.locator("article .badge").first).to_have_attribute("data-state", "submitted")


def test_ask_the_author_and_read_the_answer(visit: Visit, size: str) -> None:
    author, answer = visit("awa", size), unheard("À Rennes, le samedi vers onze heures")
    idea = submitted(author, unheard("Une seconde table de tri"))
    moderator = visit("mona", size)
    review(moderator, idea)
    moderator.locator(".decide summary", has_text=fr("Ask for details")).click()
    moderator.locator("#ask_question").fill(QUESTION)
    moderator.get_by_role("button", name=fr("Send the question")).click()
    expect(moderator.locator(".triage-done")).to_be_visible()
    author.reload()
    expect(author.locator(".notice--warning")).to_contain_text(QUESTION)
    author.locator(".notice--warning").get_by_role("link").click()
    author.locator("#id_answer").fill(answer)
    author.get_by_role("button", name=fr("Send my answer")).click()
    expect(author.locator("article .badge").first).to_have_attribute("data-state", "submitted")
    review(moderator, idea)
    expect(moderator.locator(".timeline")).to_contain_text(answer)


def test_decline_with_a_reason_that_the_author_reads(visit: Visit, size: str) -> None:
    author, reason = visit("awa", size), unheard("L’essai mené à Quimper a montré le contraire")
    idea = submitted(author, unheard("Fermer le guichet une heure plus tôt"))
    moderator = visit("mona", size)
    review(moderator, idea)
    moderator.locator(".decide summary", has_text=fr("Decline")).click()
    moderator.locator("#decline_answer").select_option(index=1)
    expect(moderator.locator("#decline_reason")).not_to_have_value("")
    expect(moderator.locator("#decline_ground")).not_to_have_value("")
    moderator.locator("#decline_reason").fill(reason)
    moderator.get_by_role("button", name=fr("Decline, with this reason")).click()
    expect(moderator.locator(".triage-done")).to_be_visible()
    author.reload()
    expect(author.locator(".notice")).to_contain_text(reason)
    expect(author.locator("article .badge").first).to_have_attribute("data-state", "declined")


def test_merge_counts_each_person_once_and_is_undone_exactly(visit: Visit, size: str) -> None:
    mark = unheard("des clés connectées")
    ours = submitted(visit("awa", size), f"Remplacer les trousseaux par {mark}")
    theirs = submitted(visit("elias", size), f"Un trousseau léger avec {mark}")
    moderator = visit("mona", size)
    for idea in (ours, theirs):
        publish(moderator, idea)
    for person, ideas in {"paul": (ours, theirs), "marie": (ours,), "adele": (theirs,)}.items():
        for idea in ideas:
            back(visit(person, size), idea)
    reader = visit("paul", size)
    before = supporters(reader, ours), supporters(reader, theirs)
    review(moderator, ours)
    likely = moderator.locator(".similar__item", has_text=f"Un trousseau léger avec {mark}")
    expect(likely.locator(".likeness")).to_contain_text("%")
    expect(likely.locator("mark").first).to_be_visible()
    likely.get_by_role("link").first.click()
    expect(moderator.locator(".compare__side mark").first).to_be_visible()
    promised = moderator.locator("form .stack strong, form.card strong").first.inner_text()
    moderator.locator("button[name=way][value=into]").click()
    expect(moderator.locator(".triage-done")).to_be_visible()
    # Paul backs both and counts once.
    assert re.findall(r"\d+", promised) == [str(supporters(reader, theirs))] == ["3"]
    reader.goto(f"/idees/{ours}/")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Un trousseau léger")
    undo(moderator)
    assert (supporters(reader, ours), supporters(reader, theirs)) == before == (2, 2)


def test_two_moderators_decide_at_once(visit: Visit, watch: Any, size: str) -> None:
    watch.expected.append("status of 409")
    idea = submitted(visit("awa", size), unheard("Un bac de plus au pied du tapis"))
    first, second = visit("mona", size), visit("adele", size)
    review(second, idea)
    second.locator(".decide summary", has_text=fr("Ask for details")).click()
    second.locator("#ask_question").fill(QUESTION)
    publish(first, idea)
    second.get_by_role("button", name=fr("Send the question")).click()
    expect(second.get_by_role("alert")).to_contain_text(fr("Your decision has not been recorded"))
    expect(second.locator("#typed, #ask_question").first).to_have_value(QUESTION)


def test_a_moderator_decides_with_the_keyboard(visit: Visit) -> None:
    idea = submitted(visit("awa"), unheard("Un tabouret au guichet"))
    page = visit("mona")
    review(page, idea)
    page.keyboard.press("p")
    expect(page.locator(".triage-done")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(".toast--success").first).to_be_visible()
