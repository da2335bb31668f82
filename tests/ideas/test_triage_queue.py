"""What moderators see: the queue, its figures, and one idea with those that may say the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ideas.models import Idea, Vote
from ideas.models.queryset import ANSWER_WITHIN
from ideas.triage import queue as queue_module

QUEUE = reverse("triage:queue")


@pytest.fixture
def desk(signed_in, moderator):
    return signed_in(moderator)


@pytest.fixture
def aged(submit):
    """Hand in an idea so many days ago."""

    def hand_in(person, title, days, **fields) -> Idea:
        idea = submit(person, title, **fields)
        Idea.objects.filter(pk=idea.pk).update(submitted_at=timezone.now() - timedelta(days=days))
        return Idea.objects.get(pk=idea.pk)

    return hand_in


def titles(response) -> list[str]:
    return [row.idea.title for row in response.context["rows"]]


def review(idea: Idea, **query) -> str:
    return reverse("triage:review", args=[idea.pk], query=query)


# --- Rights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["postwoman", "clerk", "expert", "manager", "project_lead"])
def test_only_moderators_come_in(who, request, signed_in, submit, postwoman):
    idea = submit(postwoman)
    client = signed_in(request.getfixturevalue(who))
    assert client.get(QUEUE).status_code == 403
    assert client.get(review(idea)).status_code == 403
    for name in ("publish", "ask", "decline", "merge", "undo_merge", "reopen"):
        url = reverse(f"triage:{name}", args=[idea.pk])
        assert client.post(url, {"version": 1, "reason": "x" * 30}).status_code == 403
    assert Idea.objects.get(pk=idea.pk).state == "submitted"


def test_a_visitor_signs_in_first(client, db):
    assert client.get(QUEUE).status_code == 302


@pytest.mark.parametrize("name", ["publish", "ask", "decline", "merge", "undo_merge", "reopen"])
def test_decisions_are_posted_and_need_an_idea(name, desk, db):
    assert desk.get(reverse(f"triage:{name}", args=[1])).status_code == 405
    assert desk.post(reverse(f"triage:{name}", args=[999])).status_code == 404


def test_an_idea_that_does_not_exist_is_not_found(desk):
    assert desk.get("/moderation/999/").status_code == 404


# --- The queue -------------------------------------------------------------------------------


def test_the_oldest_comes_first_with_its_age(desk, aged, postwoman, published, clerk):
    published(clerk, "Déjà publiée")
    aged(postwoman, "Récente", 2)
    aged(postwoman, "Ancienne", ANSWER_WITHIN.days + 3)
    response = desk.get(QUEUE)
    assert titles(response) == ["Ancienne", "Récente"]
    assert [(row.days, row.late) for row in response.context["rows"]] == [(18, 3), (2, 0)]
    assert response.content.count(b"triage-age__late") == 1
    assert response.context["counts"] == {"awaiting": 2, "details": 0}
    assert response.context["progress"]["late"] == 1


def test_the_day_that_was_promised_is_not_late_yet(desk, aged, postwoman, signed_in):
    idea = aged(postwoman, "Promise", ANSWER_WITHIN.days)
    response = desk.get(QUEUE)
    assert [(row.days, row.late) for row in response.context["rows"]] == [(15, 0)]
    assert response.context["progress"]["late"] == 0
    late = aged(postwoman, "En retard", ANSWER_WITHIN.days + 1)
    response = desk.get(QUEUE)
    assert [(row.days, row.late) for row in response.context["rows"]] == [(16, 1), (15, 0)]
    assert response.context["progress"]["late"] == 1
    awa = signed_in(postwoman)
    said = [awa.get(one.get_absolute_url()).context["route"].when for one in (idea, late)]
    assert ["retard" in when for when in said] == [False, True]


def test_tabs_count_and_show_what_they_say(desk, aged, postwoman, moderator):
    aged(postwoman, "Une question", 3).ask_details(moderator, "Où est-ce ?")
    aged(postwoman, "À lire", 1)
    details = desk.get(QUEUE, {"tab": "details"})
    assert titles(details) == ["Une question"]
    assert [tab["count"] for tab in details.context["tabs"]] == [1, 1, 0, 1]
    decided = desk.get(QUEUE, {"tab": "decided"})
    assert [event.reason for event in decided.context["rows"]] == ["Où est-ce ?"]


def test_filters_narrow_every_tab(desk, aged, postwoman, parcels, quimper, bretagne, moderator):
    aged(postwoman, "Attente", 2)
    wanted = aged(postwoman, "Colis", 1, theme=parcels, entity=quimper)
    narrowed = {"theme": "parcels", "region": "bretagne"}
    assert titles(desk.get(QUEUE, narrowed)) == ["Colis"]
    assert titles(desk.get(QUEUE, {"theme": "unknown"})) == []
    wanted.decline(moderator, "Cela existe déjà.")
    decided = desk.get(QUEUE, {**narrowed, "tab": "decided"})
    assert [event.idea for event in decided.context["rows"]] == [wanted]


def test_pages_neither_repeat_nor_miss_an_idea_while_others_are_decided(
    desk, aged, postwoman, moderator, monkeypatch
):
    monkeypatch.setattr(queue_module, "SIZE", 3)
    ideas = [aged(postwoman, f"Idée {n}", 20 - n) for n in range(8)]
    first = desk.get(QUEUE)
    ideas[1].publish(moderator)
    second = desk.get(first.context["next_url"])
    third = desk.get(second.context["next_url"])
    assert [*titles(first), *titles(second), *titles(third)] == [f"Idée {n}" for n in range(8)]
    assert third.context["next_url"] is None


def test_decisions_are_paged_too(desk, submit, postwoman, moderator, monkeypatch):
    monkeypatch.setattr(queue_module, "SIZE", 2)
    for n in range(3):
        submit(postwoman, f"Idée {n}").publish(moderator)
    first = desk.get(QUEUE, {"tab": "decided"})
    second = desk.get(first.context["next_url"])
    shown = [e.idea.title for page in (first, second) for e in page.context["rows"]]
    assert shown == ["Idée 2", "Idée 1", "Idée 0"]


@pytest.mark.parametrize(
    "after", ["", "x", "2026-01-01~1", "2026-13-45T00:00:00+00:00~1", "~", "2026-01-01T00:00Z~-4"]
)
def test_a_cursor_that_nobody_gave_out_starts_at_the_beginning(after, desk, aged, postwoman):
    aged(postwoman, "Seule", 2)
    assert titles(desk.get(QUEUE, {"after": after})) == ["Seule"]


def test_progress_counts_standing_decisions_of_today(
    desk, submit, postwoman, moderator, administrator
):
    one, other, third = (submit(postwoman, f"Idée {n}") for n in range(3))
    one.publish(moderator)
    other.ask_details(administrator, "Où est-ce ?")
    third.publish(moderator).reopen(moderator)
    progress = desk.get(QUEUE).context["progress"]
    assert (progress["today"], progress["mine"], progress["prompt"]) == (2, 1, 100)


def test_late_answers_and_those_still_owed_are_not_prompt_ones(
    desk, aged, submit, postwoman, moderator
):
    aged(postwoman, "Répondue tard", 40).publish(moderator)
    aged(postwoman, "Oubliée", 40)
    aged(postwoman, "Pas encore due", 2)
    submit(postwoman, "Vite répondue").publish(moderator)
    assert desk.get(QUEUE).context["progress"]["prompt"] == 33


@pytest.mark.parametrize("tab", ["awaiting", "details", "decided"])
def test_an_empty_tab_says_something(tab, desk):
    assert b'class="empty"' in desk.get(QUEUE, {"tab": tab}).content


def test_queries_of_the_queue_do_not_grow(
    desk, submit, postwoman, moderator, django_assert_max_num_queries
):
    for tab in ("awaiting", "decided"):
        for more in (1, 6):
            for n in range(more):
                submit(postwoman, f"Idée {n}")
                submit(postwoman, f"Décidée {n}").decline(moderator, "Déjà fait ailleurs.")
            with django_assert_max_num_queries(18):
                desk.get(QUEUE, {"tab": tab})


# --- One idea --------------------------------------------------------------------------------


def test_the_idea_is_shown_whole(desk, submit, postwoman, quimper):
    idea = submit(postwoman, "Un banc", body="Pour s’asseoir.\n\nVraiment.", entity=quimper)
    page = desk.get(review(idea)).content.decode()
    for words in ("Un banc", "Vraiment.", "Quimper Centre", "Awa Le Goff", idea.reference):
        assert words in page


def test_an_anonymous_author_is_not_shown(desk, submit, postwoman):
    idea = submit(postwoman, "Un banc", is_anonymous=True)
    assert "Le Goff" not in desk.get(review(idea)).content.decode()


def test_markup_in_a_text_is_only_text(desk, submit, postwoman, published, clerk):
    evil = "<script>alert(1)</script> guichet"
    idea = submit(postwoman, evil, body=evil)
    other = published(clerk, evil, body=evil)
    page = desk.get(review(idea, compare=other.pk, q="guichet")).content
    assert b"<script>alert" not in page


def test_a_similar_idea_stands_beside_it_with_how_likely_and_why(
    desk, submit, published, postwoman, clerk
):
    body = "Installer une borne à tickets pour que les clients attendent assis au guichet."
    known = published(clerk, "Une borne à tickets au guichet", body=body)
    idea = submit(postwoman, "Borne à tickets au guichet", body=body)
    response = desk.get(review(idea))
    candidate = response.context["candidates"][0]
    assert candidate.idea == known
    assert candidate.percent > 50
    assert "tickets" in candidate.why[0]
    assert b"<mark>" in response.content


def test_a_group_is_proposed_once_by_its_head(desk, submit, published, postwoman, clerk, moderator):
    body = "Installer une borne à tickets pour que les clients attendent assis au guichet."
    head = published(clerk, "Une borne à tickets au guichet", body=body)
    published(clerk, "La borne à tickets du guichet", body=body).merge_into(head, moderator)
    found = desk.get(review(submit(postwoman, "Borne à tickets", body=body))).context["candidates"]
    assert [candidate.idea for candidate in found] == [head]


def test_the_exact_number_of_supporters_is_shown_before_merging(
    desk, submit, published, postwoman, clerk, expert, colleagues
):
    one, other = published(clerk, "Borne"), published(expert, "Tickets")
    for idea, people in ((one, colleagues[:3]), (other, colleagues[2:6])):
        for person in people:
            Vote.cast(idea, person)
    response = desk.get(review(one, compare=other.pk))
    comparison = response.context["comparison"]
    assert (comparison.supporters, comparison.shared) == (6, 1)
    assert b'name="way" value="into"' in response.content
    assert b'name="way" value="from"' in response.content


def test_only_possible_directions_are_offered(desk, submit, published, postwoman, clerk):
    idea, other = submit(postwoman, "Borne"), published(clerk, "Tickets")
    page = desk.get(review(idea, compare=other.pk)).content
    assert b'value="into"' in page
    assert b'value="from"' not in page


def test_two_unpublished_ideas_say_why_they_cannot_be_merged(desk, submit, postwoman, clerk):
    idea, other = submit(postwoman, "Borne"), submit(clerk, "Tickets")
    page = desk.get(review(idea, compare=other.pk)).content
    assert b'name="way"' not in page


@pytest.mark.parametrize("by", ["words", "reference"])
def test_another_idea_is_found_by_words_or_reference(by, desk, submit, published, postwoman, clerk):
    idea, other = submit(postwoman, "Borne"), published(clerk, "Casiers réfrigérés")
    text = other.reference if by == "reference" else "casier"
    found = desk.get(review(idea, q=text)).context["searched"]
    assert [candidate.idea for candidate in found] == [other]


@pytest.mark.parametrize("compare", ["x", "0", "99999999999999999999", "999"])
def test_a_comparison_with_nothing_is_the_idea_alone(compare, desk, submit, postwoman):
    response = desk.get(review(submit(postwoman), compare=compare))
    assert response.context["comparison"] is None


def test_the_address_keeps_the_filters(desk, aged, postwoman, parcels):
    one = aged(postwoman, "Colis 1", 3, theme=parcels)
    aged(postwoman, "Attente", 2)
    two = aged(postwoman, "Colis 2", 1, theme=parcels)
    response = desk.get(review(one, theme="parcels"))
    assert response.context["next_url"] == review(two, theme="parcels")


def test_queries_of_a_review_do_not_grow(
    desk, submit, published, postwoman, clerk, moderator, colleagues, django_assert_max_num_queries
):
    body = "Installer une borne à tickets pour que les clients attendent assis au guichet."
    idea, head = published(postwoman, "Borne", body=body), published(clerk, "Tickets", body=body)
    for more in (1, 4):
        for n in range(more):
            published(clerk, f"Borne {n}", body=body).merge_into(idea, moderator)
            published(clerk, f"Tickets {n}", body=body)
            Vote.cast(head, colleagues[more + n])
        with django_assert_max_num_queries(36):
            assert desk.get(review(idea, compare=head.pk, q="borne")).status_code == 200
