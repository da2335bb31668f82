"""Deciding in the browser: what is recorded, what comes next, and what is kept when it fails."""

import pytest
from django.urls import reverse

from ideas.models import Answer, Event, Idea, Vote

REASON = "Cela existe déjà dans votre établissement."


@pytest.fixture
def desk(signed_in, moderator):
    return signed_in(moderator)


@pytest.fixture
def answers(db) -> list[Answer]:
    return [
        Answer.objects.create(
            slug="done", purpose="decline", ground="already-done", title_fr="Fait", body_fr=REASON
        ),
        Answer.objects.create(
            slug="where", purpose="ask", title_fr="Où ?", body_fr="Dans quel bureau est-ce ?"
        ),
    ]


def fresh(idea: Idea) -> Idea:
    return Idea.objects.get(pk=idea.pk)


def decide(client, name: str, idea: Idea, **data):
    data = {"version": idea.version, **data}
    return client.post(reverse(f"triage:{name}", args=[idea.pk]), data)


def review(idea: Idea) -> str:
    return reverse("triage:review", args=[idea.pk])


# --- What is recorded, and what comes next -------------------------------------------------------


def test_publishing_opens_the_next_idea_and_offers_a_way_back(desk, submit, postwoman):
    first, second = submit(postwoman, "Une"), submit(postwoman, "Deux")
    response = decide(desk, "publish", first)
    assert response.url == review(second)
    assert fresh(first).state == "published"
    page = desk.get(response.url)
    assert page.context["done"].idea == first
    assert reverse("triage:reopen", args=[first.pk]).encode() in page.content
    assert desk.get(response.url).context["done"] is None


def test_after_the_last_idea_comes_the_queue(desk, submit, postwoman):
    assert decide(desk, "publish", submit(postwoman)).url == reverse("triage:queue")


def test_the_next_idea_keeps_the_filter(desk, submit, postwoman, parcels):
    first = submit(postwoman, "Colis 1", theme=parcels)
    submit(postwoman, "Attente")
    last = submit(postwoman, "Colis 2", theme=parcels)
    response = decide(desk, "publish", first, theme="parcels")
    assert response.url == f"{review(last)}?theme=parcels"


def test_asking_sends_the_question(desk, submit, postwoman, moderator):
    idea = submit(postwoman)
    decide(desk, "ask", idea, question="Dans quel bureau est-ce, et à quelle heure ?")
    event = fresh(idea).standing_decision()
    assert (event.kind, event.actor) == (Event.Kind.DETAILS_ASKED, moderator)
    assert event.reason.startswith("Dans quel bureau")


def test_declining_records_reason_and_ground(desk, submit, postwoman):
    idea = submit(postwoman)
    decide(desk, "decline", idea, reason=REASON, ground="already-done")
    event = fresh(idea).standing_decision()
    assert (event.reason, event.data["ground"]) == (REASON, "already-done")


@pytest.mark.parametrize("way", ["into", "from"])
def test_merging_either_way(way, desk, published, postwoman, clerk):
    idea, other = published(postwoman, "Borne"), published(clerk, "Tickets")
    decide(
        desk, "merge", idea, other=other.pk, other_version=other.version, way=way, reason="Pareil"
    )
    source, head = (idea, other) if way == "into" else (other, idea)
    assert fresh(source).canonical_id == head.pk
    assert fresh(source).standing_decision().reason == "Pareil"


# --- The way back --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("publish", {}),
        ("ask", {"question": "Dans quel bureau est-ce ?"}),
        ("decline", {"reason": REASON, "ground": "cost"}),
    ],
)
def test_a_decision_is_taken_back(name, data, desk, submit, postwoman):
    idea = submit(postwoman)
    decide(desk, name, idea, **data)
    response = decide(desk, "reopen", fresh(idea))
    assert response.url == review(idea)
    assert fresh(idea).state == "submitted"


def test_a_merge_is_taken_back_from_either_page(desk, published, postwoman, clerk):
    idea, head = published(postwoman, "Borne"), published(clerk, "Tickets")
    decide(desk, "merge", idea, other=head.pk, other_version=head.version, way="into")
    undo = reverse("triage:undo_merge", args=[idea.pk]).encode()
    assert undo in desk.get(review(head)).content
    assert undo in desk.get(review(idea)).content
    decide(desk, "undo_merge", fresh(idea))
    assert fresh(idea).canonical_id is None


def test_taking_back_what_somebody_else_changed_says_so(desk, submit, postwoman, administrator):
    idea = submit(postwoman)
    seen = fresh(idea)
    idea.decline(administrator, REASON)
    response = desk.post(
        reverse("triage:reopen", args=[idea.pk]), {"version": seen.version}, follow=True
    )
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert fresh(idea).state == "declined"


def test_what_colleagues_back_is_not_unpublished(desk, published, postwoman, clerk):
    idea = published(postwoman)
    Vote.cast(idea, clerk)
    decide(desk, "reopen", fresh(idea))
    assert fresh(idea).state == "published"


# --- Two moderators ------------------------------------------------------------------------------


def test_the_second_moderator_reads_how_it_stands_and_keeps_the_reason(
    desk, submit, postwoman, administrator
):
    idea = submit(postwoman)
    idea.publish(administrator)
    response = decide(desk, "decline", idea, reason=REASON, ground="cost")
    page = response.content.decode()
    assert response.status_code == 409
    assert "Somebody else has just changed" not in page, "it is translated"
    assert "Adèle Roux" in page
    assert REASON in page
    assert fresh(idea).state == "published"
    # Sent again, now knowingly, it is taken.
    again = decide(desk, "decline", fresh(idea), reason=REASON, ground="cost")
    assert again.status_code == 302
    assert f'name="version" value="{fresh(idea).version - 1}"' in page


def test_a_reason_is_kept_even_where_declining_is_over(desk, submit, postwoman, administrator):
    idea = submit(postwoman)
    idea.decline(administrator, "Une autre raison, donnée avant.")
    response = decide(desk, "decline", idea, reason=REASON, ground="cost")
    assert response.status_code == 409
    assert f'aria-labelledby="typed-label">{REASON}'.encode() in response.content


@pytest.mark.parametrize("way", ["into", "from"])
def test_a_merge_of_what_changed_is_refused(way, desk, published, postwoman, clerk, administrator):
    idea, other = published(postwoman, "Borne"), published(clerk, "Tickets")
    (idea if way == "into" else other).decline(administrator, REASON)
    data = {"other": other.pk, "other_version": other.version, "way": way, "reason": "Pareil"}
    response = decide(desk, "merge", idea, **data)
    assert response.status_code == 409
    assert b"Pareil" in response.content
    assert not Idea.objects.filter(canonical__isnull=False).exists()


@pytest.mark.parametrize("way", ["into", "from"])
def test_nothing_joins_what_was_declined_meanwhile(
    way, desk, published, postwoman, clerk, administrator
):
    """The head has been read as open: nobody decided to put this idea under a closed one."""
    idea, other = published(postwoman, "Borne"), published(clerk, "Tickets")
    (other if way == "into" else idea).decline(administrator, REASON)
    data = {"other": other.pk, "other_version": other.version, "way": way, "reason": "Pareil"}
    assert decide(desk, "merge", idea, **data).status_code == 409
    assert not Idea.objects.filter(canonical__isnull=False).exists()


# --- What was typed is never lost ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "ground"),
    [("", "cost"), ("Non.", "cost"), (REASON, ""), (REASON, "nonsense"), ("x" * 3001, "cost")],
)
def test_a_poor_reason_is_refused_beside_the_field(reason, ground, desk, submit, postwoman):
    idea = submit(postwoman)
    response = decide(desk, "decline", idea, reason=reason, ground=ground)
    assert response.status_code == 422
    assert b"field__error" in response.content
    assert reason.encode() in response.content
    assert fresh(idea).state == "submitted"


def test_a_text_is_taken_over_without_script(desk, submit, postwoman, answers):
    idea = submit(postwoman)
    response = decide(desk, "decline", idea, use="1", answer="done", reason="", ground="")
    form = response.context["decline_form"]
    assert response.status_code == 200
    assert (form["reason"].value(), form["ground"].value()) == (REASON, "already-done")
    assert fresh(idea).state == "submitted"


def test_a_text_is_added_after_what_was_typed(desk, submit, postwoman, answers):
    response = decide(
        desk, "decline", submit(postwoman), use="1", answer="done", reason="Bonjour Awa,"
    )
    assert response.context["decline_form"]["reason"].value() == f"Bonjour Awa,\n\n{REASON}"


def test_another_text_replaces_one_that_was_not_changed(desk, submit, postwoman, answers):
    other = "Le coût dépasse ce que nous pouvons engager."
    Answer.objects.create(
        slug="cost", purpose="decline", ground="cost", title_fr="Coût", body_fr=other
    )
    response = decide(desk, "decline", submit(postwoman), use="1", answer="cost", reason=REASON)
    assert response.context["decline_form"]["reason"].value() == other


def test_a_text_arrives_as_a_fragment_where_scripts_run(desk, submit, postwoman, answers):
    idea = submit(postwoman)
    response = desk.post(
        reverse("triage:ask", args=[idea.pk]),
        {"version": idea.version, "use": "1", "answer": "where"},
        headers={"HX-Request": "true"},
    )
    assert response.content.lstrip().startswith(b'<form class="form card" id="ask-form"')
    assert b"Dans quel bureau" in response.content


@pytest.mark.parametrize("name", ["publish", "ask", "decline", "merge"])
@pytest.mark.parametrize("version", ["", "x"])
def test_a_form_without_its_version_decides_nothing(name, version, desk, submit, postwoman):
    idea = submit(postwoman)
    url = reverse(f"triage:{name}", args=[idea.pk])
    assert desk.post(url, {"version": version, "reason": REASON}).status_code == 422
    assert fresh(idea).state == "submitted"


def test_nothing_of_an_anonymous_author_is_recorded_with_a_decision(desk, submit, postwoman):
    idea = submit(postwoman, is_anonymous=True)
    decide(desk, "decline", idea, reason=REASON, ground="cost")
    assert not Event.objects.filter(idea=idea, actor=postwoman).exists()
