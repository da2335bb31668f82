"""What is kept for many holds nothing of one; and everybody sees their own."""

import re

import pytest
from django.core.cache import caches
from django.urls import reverse

from ideas.models import Vote
from pieces import memory

LIST = reverse("ideas:list")


@pytest.fixture
def idea(published, postwoman):
    return published(postwoman, "Un banc devant le bureau")


def card_of(page: str) -> str:
    return re.search(r'<li class="idea" data-key-item>.*?</li>', page, re.S).group()


def kept() -> str:
    """All that this process and its caches keep, as text."""
    near = [repr(thing) for one in memory._memories for thing in one.values()]
    shared = [repr(value) for name in caches.settings for value in caches[name]._cache.values()]
    return "\n".join([*near, *shared])


def test_each_sees_their_own_vote(idea, signed_in, clerk, expert):
    Vote.cast(idea, clerk)
    for _twice in range(2):
        assert 'aria-pressed="true"' in card_of(signed_in(clerk).get(LIST).text)
        assert 'aria-pressed="false"' in card_of(signed_in(expert).get(LIST).text)


def test_authors_cannot_back_their_own(idea, signed_in, clerk, postwoman):
    assert "<form" in card_of(signed_in(clerk).get(LIST).text)
    assert "<form" not in card_of(signed_in(postwoman).get(LIST).text)


def test_the_unnamed_author_alone_cannot_back(published, signed_in, clerk, postwoman):
    published(postwoman, "Sans nom", is_anonymous=True)
    assert "<form" in card_of(signed_in(clerk).get(LIST).text)
    assert "<form" not in card_of(signed_in(postwoman).get(LIST).text)


@pytest.mark.parametrize("hidden", [False, True])
def test_who_had_the_idea_too_cannot_back_it(
    idea, published, signed_in, clerk, expert, moderator, hidden, htmx
):
    """Their own idea was merged into it: a button would only refuse."""
    published(clerk, "Des sièges", is_anonymous=hidden).merge_into(idea, moderator)
    assert "<form" not in card_of(signed_in(clerk).get(LIST).text)
    assert "<form" in card_of(signed_in(expert).get(LIST).text)
    back = reverse("ideas:vote", args=[idea.pk])
    refused = signed_in(clerk).post(back, {"action": "cast"}, headers=htmx)
    assert refused.status_code == 422
    assert "<form" not in refused.text
    typed = {"title": idea.title, "body": "Pour attendre assis."}
    for person, offered in ((clerk, False), (expert, True)):
        similar = signed_in(person).post(reverse("ideas:similar"), typed, headers=htmx)
        assert idea.title in similar.text
        assert (reverse("ideas:back_instead", args=[idea.pk]) in similar.text) is offered


@pytest.mark.parametrize("url", [LIST, reverse("home"), reverse("ideas:mine")])
def test_the_bar_is_that_of_the_reader(idea, signed_in, clerk, moderator, url):
    for _twice in range(2):
        for person, moderates in ((clerk, False), (moderator, True)):
            page = signed_in(person).get(url).text
            assert (reverse("triage:queue") in page) is moderates
            assert f"<strong>{person}</strong>" in page
            assert (str(person.entity) in page) is bool(person.entity)


def test_a_role_that_is_taken_back_is_gone_at_once(signed_in, moderator):
    desk = signed_in(moderator)
    assert reverse("triage:queue") in desk.get(LIST).text
    moderator.groups.clear()
    assert reverse("triage:queue") not in desk.get(LIST).text


def test_a_form_on_the_page_can_be_sent(idea, clerk):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk)
    tokens = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', client.get(LIST).text)
    assert len(set(map(len, tokens))) == 1
    form = {"action": "cast", "csrfmiddlewaretoken": tokens[-1]}
    assert client.post(reverse("ideas:vote", args=[idea.pk]), form).status_code == 302
    assert Vote.objects.filter(idea=idea, person=clerk).exists()


def test_what_is_kept_knows_no_name_no_token_and_no_vote(idea, signed_in, clerk, moderator):
    for name in caches.settings:
        caches[name].clear()
    Vote.cast(idea, clerk)
    tokens = []
    for person in (clerk, moderator):
        client = signed_in(person)
        for url in (f"{LIST}?q=banc", reverse("home"), idea.get_absolute_url()):
            tokens += re.findall(r'csrfmiddlewaretoken" value="(\w+)"', client.get(url).text)
    everything = kept()
    assert "banc" in everything
    assert [token for token in tokens if token in everything] == []
    for person in (clerk, moderator):
        for own in (person.username, person.first_name, person.last_name, person.initials):
            assert not re.search(rf"\b{own}\b", everything), own
    # The button of an idea is kept, pressed or not, but in no list or card that somebody saw.
    cards = [line for line in everything.splitlines() if "idea__excerpt" in line]
    assert cards
    assert not any("aria-pressed" in line for line in cards)


def test_a_card_changes_with_its_idea(idea, signed_in, clerk, postwoman, moderator):
    client = signed_in(clerk)
    assert "banc" in card_of(client.get(LIST).text)
    Vote.cast(idea, clerk)
    assert ">1<" in card_of(client.get(LIST).text)
    idea.refresh_from_db()
    idea.decline(moderator, "Non, merci.")
    declined = card_of(client.get(f"{LIST}?state=declined").text)
    assert 'data-state="declined"' in declined
    assert "<form" not in declined
