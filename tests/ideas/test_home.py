from uuid import uuid4

import pytest
from django.urls import reverse

from ideas.models import Draft, Event, Vote

HOME = reverse("home")
MINE = reverse("ideas:mine")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


def test_home_invites_to_submit(awa):
    answer = awa.get(HOME)
    assert answer.status_code == 200
    assert f'href="{reverse("ideas:submit")}"' in answer.text
    assert answer.context["is_newcomer"] is True


def test_home_asks_for_sign_in(client):
    assert client.get(HOME)["Location"].startswith(reverse("account_login"))


def test_home_is_read_not_posted_to(awa):
    assert awa.post(HOME).status_code == 405


def test_home_shows_drafts_to_finish_and_questions_to_answer(
    awa, submit, postwoman, moderator, clerk
):
    Draft.keep(postwoman, key := uuid4(), 1, {"title": "Un banc inachevé"})
    asked = submit(postwoman, "Une borne", is_anonymous=True).ask_details(moderator, "Où ?")
    submit(clerk, "Celle d’un autre").ask_details(moderator, "Où ?")
    answer = awa.get(HOME)
    assert reverse("ideas:draft", args=[key]) in answer.text
    assert answer.context["asked"] == [asked]


def test_moderators_see_the_queue_and_the_age_of_its_oldest_idea(
    submit, postwoman, moderator, signed_in, awa
):
    submit(postwoman)
    queue = signed_in(moderator).get(HOME).context["queue"]
    assert (queue.size, queue.oldest_days) == (1, 0)
    assert awa.get(HOME).context["queue"] is None


def test_home_shows_the_running_campaign_with_the_days_left(awa, campaign, published, clerk):
    published(clerk, campaign=campaign)
    answer = awa.get(HOME)
    assert "Qu’est-ce qui fait perdre du temps" in answer.text
    assert f"{reverse('ideas:submit')}?campaign=autumn" in answer.text
    assert answer.context["campaign_facts"]["ideas"] == 1
    assert "20" in answer.text


def test_home_shows_no_campaign_that_is_over(awa, campaign):
    campaign.ends_on = campaign.starts_on
    campaign.save()
    assert awa.get(HOME).context["campaign"] is None


def test_home_shows_what_is_rising_and_still_open(
    awa, published, clerk, colleagues, moderator, indexed
):
    published(clerk, "Calme")
    Vote.cast(published(clerk, "Soutenue"), colleagues[0])
    published(clerk, "Adoptée").adopt(moderator)
    indexed()
    assert [card.idea.title for card in awa.get(HOME).context["rising"]] == ["Soutenue", "Calme"]


def test_home_takes_as_few_queries_however_much_there_is(
    awa, published, clerk, colleagues, campaign, queries, indexed
):
    for n in range(5):
        published(clerk, f"Idée {n}")
    indexed()
    few = queries(awa, HOME)
    for n in range(20):
        Vote.cast(published(clerk, f"Autre {n}", campaign=campaign), colleagues[n % 12])
    indexed()
    assert queries(awa, HOME) == few


def test_my_ideas_say_where_each_stands(awa, submit, published, postwoman, clerk, moderator):
    waiting, head = submit(postwoman, "En attente"), published(clerk, "La leur")
    published(postwoman, "Fusionnée").merge_into(head, moderator)
    page = awa.get(MINE).text
    assert waiting.title in page
    assert 'data-state="merged"' in page
    assert "La leur" in page


def test_my_ideas_include_those_i_back(awa, published, clerk, postwoman):
    Vote.cast(published(clerk, "Un banc"), postwoman)
    cards = awa.get(MINE, {"show": "backed"}).context["cards"]
    assert [card.idea.title for card in cards] == ["Un banc"]


def test_an_idea_backed_before_its_merge_is_shown_as_its_head(
    awa, published, clerk, postwoman, moderator
):
    head, source = published(clerk, "Un banc"), published(clerk, "Des sièges")
    Vote.cast(source, postwoman)
    source.merge_into(head, moderator)
    cards = awa.get(MINE, {"show": "backed"}).context["cards"]
    assert [card.idea.title for card in cards] == ["Un banc"]


@pytest.mark.parametrize(
    "query", ["", "?show=drafts", "?show=backed", "?show=x&page=99", "?page=x"]
)
def test_my_pages_answer_to_newcomers_and_to_nonsense(awa, query):
    assert awa.get(MINE + query).status_code == 200


@pytest.mark.parametrize("show", ["submitted", "backed"])
def test_my_ideas_come_in_pages_of_constant_cost(
    awa, submit, published, postwoman, clerk, queries, show
):
    def add(number):
        for n in range(number):
            submit(postwoman, f"La mienne {n}")
            Vote.cast(published(clerk, f"La leur {n}"), postwoman)

    add(5)
    few = queries(awa, f"{MINE}?show={show}")
    add(20)
    answer = awa.get(MINE, {"show": show})
    assert len(answer.context["page"]) == 20
    assert answer.context["next_url"] == f"{MINE}?show={show}&page=2"
    assert queries(awa, f"{MINE}?show={show}") == few


def test_my_merged_idea_says_with_which_and_why_and_asks_nothing_more(
    awa, submit, published, postwoman, clerk, moderator
):
    idea = submit(postwoman, "Des tickets").ask_details(moderator, "Où ?")
    head = published(clerk, "Une borne")
    idea.merge_into(head, moderator, "Bruno le propose aussi.", idea.version)
    page = awa.get(MINE).text
    assert "Une borne" in page
    assert "Bruno le propose aussi." in page
    assert reverse("ideas:revise", args=[idea.pk]) not in page


def test_my_idea_that_became_a_project_says_so(awa, published, postwoman, moderator):
    idea = published(postwoman).adopt(moderator)
    [(_idea, before, _word)] = awa.get(MINE).context["ideas"]
    Event.record(idea, Event.Kind.PROJECT_PUBLISHED, moderator, data={"project": 1})
    [(_idea, after, _word)] = awa.get(MINE).context["ideas"]
    assert before != after


def test_what_i_back_is_counted_as_it_is_shown(awa, published, postwoman, clerk, expert, moderator):
    """Both votes of a pair that was merged are for one idea; a withdrawn one is gone."""
    one, other, third = (published(clerk, title) for title in ("Borne", "Tickets", "Banc"))
    gone = published(expert, "Retirée")
    for idea in (one, other, third, gone):
        Vote.cast(idea, postwoman)
    other.merge_into(one, moderator)
    gone.withdraw(expert)
    answer = awa.get(MINE, {"show": "backed"})
    assert [card.idea.title for card in answer.context["cards"]] == ["Banc", "Borne"]
    assert [tab["count"] for tab in answer.context["tabs"] if tab["current"]] == [2]
