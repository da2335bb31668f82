import pytest
from django.urls import reverse

from ideas.models import Idea, Vote


@pytest.fixture
def idea(published, postwoman):
    return published(postwoman)


def url(idea):
    return reverse("ideas:vote", args=[idea.pk])


def support(idea):
    return Idea.objects.get(pk=idea.pk).support


def test_backing_an_idea_without_script_leads_back_to_the_page(idea, clerk, signed_in):
    came_from = f"http://testserver{reverse('ideas:list')}?theme=waiting"
    answer = signed_in(clerk).post(url(idea), {"action": "cast"}, HTTP_REFERER=came_from)
    assert answer.status_code == 302
    assert answer["Location"] == came_from
    assert support(idea) == 1


def test_the_way_back_never_leads_to_another_site(idea, clerk, signed_in):
    answer = signed_in(clerk).post(
        url(idea), {"action": "cast"}, HTTP_REFERER="https://elsewhere.example/"
    )
    assert answer["Location"] == idea.get_absolute_url()


def test_htmx_gets_the_button_with_the_new_count(idea, clerk, signed_in, htmx):
    answer = signed_in(clerk).post(url(idea), {"action": "cast"}, headers=htmx)
    assert answer.status_code == 200
    assert 'aria-pressed="true"' in answer.text
    assert '<span class="vote__count">1</span>' in answer.text
    assert "<html" not in answer.text


def test_backing_twice_counts_once(idea, clerk, signed_in):
    client = signed_in(clerk)
    for _ in range(2):
        client.post(url(idea), {"action": "cast"})
    assert support(idea) == 1


def test_withdrawing_twice_is_as_once(idea, clerk, signed_in):
    Vote.cast(idea, clerk)
    client = signed_in(clerk)
    for _ in range(2):
        assert client.post(url(idea), {"action": "withdraw"}).status_code == 302
    assert support(idea) == 0


def test_the_vote_for_a_merged_idea_goes_to_its_head(
    published, clerk, idea, moderator, colleagues, signed_in, htmx
):
    source = published(clerk, "Un distributeur de tickets")
    source.merge_into(idea, moderator)
    answer = signed_in(colleagues[0]).post(url(source), {"action": "cast"}, headers=htmx)
    assert url(idea) in answer.text
    assert support(idea) == 1


def test_a_refused_vote_says_why_and_shows_the_button_as_it_is(idea, postwoman, signed_in, htmx):
    answer = signed_in(postwoman).post(url(idea), {"action": "cast"}, headers=htmx)
    assert answer.status_code == 422
    assert "toast--error" in answer.text
    assert support(idea) == 0


def test_a_refused_vote_without_script_says_why_on_the_next_page(idea, postwoman, signed_in):
    answer = signed_in(postwoman).post(url(idea), {"action": "cast"}, follow=True)
    assert "toast--error" in answer.text


def test_an_idea_that_one_may_not_read_cannot_be_backed(submit, postwoman, clerk, signed_in):
    assert signed_in(clerk).post(url(submit(postwoman)), {"action": "cast"}).status_code == 404


def test_an_unknown_idea_is_not_found(clerk, signed_in):
    client = signed_in(clerk)
    assert client.post(reverse("ideas:vote", args=[999]), {"action": "cast"}).status_code == 404


@pytest.mark.parametrize("data", [{}, {"action": ""}, {"action": "double"}])
def test_an_act_that_does_not_exist_is_refused(idea, clerk, signed_in, data):
    assert signed_in(clerk).post(url(idea), data).status_code == 400


def test_a_vote_is_never_cast_by_following_a_link(idea, clerk, signed_in):
    assert signed_in(clerk).get(url(idea), {"action": "cast"}).status_code == 405
    assert support(idea) == 0


def test_whoever_is_not_signed_in_is_asked_to(idea, client):
    answer = client.post(url(idea), {"action": "cast"})
    assert answer.status_code == 401
    assert reverse("account_login") in answer.text


@pytest.mark.parametrize("others", [0, 12])
def test_a_vote_takes_as_few_queries_however_many_came_before(
    idea, clerk, colleagues, others, signed_in, django_assert_max_num_queries, htmx
):
    for person in colleagues[:others]:
        Vote.cast(idea, person)
    client = signed_in(clerk)
    client.get(reverse("healthz"))
    with django_assert_max_num_queries(12):  # Two of them begin and end the transaction.
        client.post(url(idea), {"action": "cast"}, headers=htmx)
