import pytest

from ideas.models import Idea, Refused, Vote


def test_a_vote_counts_once(published, postwoman, clerk):
    idea = published(postwoman)
    assert Vote.cast(idea, clerk) is True
    assert Vote.cast(idea, clerk) is False
    idea.refresh_from_db()
    assert idea.support == 1


def test_withdrawing_restores_the_rising_score(published, postwoman, colleagues):
    idea = published(postwoman)
    for person in colleagues[:3]:
        Vote.cast(idea, person)
    idea.refresh_from_db()
    before = idea.rising
    Vote.cast(idea, colleagues[3])
    Vote.withdraw(idea, colleagues[3])
    idea.refresh_from_db()
    assert idea.support == 3
    assert idea.rising == pytest.approx(before, abs=1e-12)


def test_authors_do_not_back_their_own_idea(published, postwoman):
    idea = published(postwoman)
    with pytest.raises(Refused):
        Vote.cast(idea, postwoman)


def test_authors_do_not_back_their_own_anonymous_idea(published, postwoman):
    idea = published(postwoman, is_anonymous=True)
    assert idea.author is None
    with pytest.raises(Refused):
        Vote.cast(idea, postwoman)


def test_a_voter_of_both_ideas_counts_once_in_the_group(
    published, postwoman, clerk, moderator, colleagues
):
    head, source = published(postwoman, "Borne"), published(clerk, "Tickets")
    Vote.cast(head, colleagues[0])
    Vote.cast(source, colleagues[0])
    Vote.cast(source, colleagues[1])
    assert source.supporters_if_merged_into(head) == 2
    source.merge_into(head, moderator)
    assert Idea.objects.get(pk=head.pk).support == 2


def test_a_closed_idea_cannot_be_backed(submit, postwoman, clerk):
    with pytest.raises(Refused):
        Vote.cast(submit(postwoman), clerk)


@pytest.mark.django_db
def test_vote_takes_few_queries(published, postwoman, clerk, django_assert_max_num_queries):
    idea = published(postwoman)
    with django_assert_max_num_queries(9):
        Vote.cast(idea, clerk)
