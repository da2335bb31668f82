"""“Not the same idea”: kept with who and when, for the texts that were read, and undoable."""

import pytest
from django.core.exceptions import PermissionDenied

from ideas.models import Conflict, Refused, Verdict
from ideas.triage import proposals
from ideas.triage.comparison import candidates
from search.duplicates import find_all
from search.models import Pair

pytestmark = pytest.mark.django_db
BODY = "Installer une borne à tickets pour que les clients attendent assis au guichet."


@pytest.fixture
def two(published, postwoman, clerk, indexed):
    """Two published ideas in the same words, looked at."""
    ideas = (
        published(postwoman, "Borne à tickets", body=BODY),
        published(clerk, "Tickets", body=BODY),
    )
    indexed()
    look()
    return ideas


def look() -> None:
    for _progress in find_all():
        pass


def tell_apart(two, by, versions=None):
    return Verdict.tell_apart(*two, by, versions or (two[0].version, two[1].version))


def test_two_ideas_told_apart_are_not_proposed_again(two, moderator):
    assert proposals.proposed().count() == 1
    verdict = tell_apart(two, moderator)
    assert (verdict.judge, verdict.undone_at) == (moderator, None)
    assert not proposals.proposed().exists()
    assert Pair.objects.standing().exists()
    look()
    assert not proposals.proposed().exists()


def test_nor_beside_either_idea(two, moderator):
    assert [c.idea for c in candidates(two[0])] == [two[1]]
    tell_apart(two, moderator)
    assert candidates(two[0]) == candidates(two[1]) == []


def test_undone_it_is_proposed_again(two, moderator, administrator):
    verdict = tell_apart(two, moderator)
    verdict.undo(administrator)
    verdict.refresh_from_db()
    assert verdict.undone_by == administrator
    assert proposals.proposed().count() == 1
    with pytest.raises(Conflict):
        verdict.undo(moderator)


def test_a_changed_text_may_be_proposed_again(
    two, published, submit, postwoman, moderator, indexed
):
    waiting = submit(postwoman, "Bornes à tickets", body=BODY)
    indexed()
    look()
    Verdict.tell_apart(waiting, two[0], moderator, (None, None))
    before = proposals.proposed().count()
    waiting.revise(postwoman, "Bornes à tickets", f"{BODY} Vraiment.")
    indexed()
    look()
    assert proposals.proposed().count() == before + 1


def test_the_second_moderator_gets_the_verdict_of_the_first(two, moderator, administrator):
    first = tell_apart(two, moderator)
    second = Verdict.tell_apart(two[1], two[0], administrator, (None, None))
    assert second == first
    assert second.judge == moderator


def test_only_moderators_judge(two, postwoman, moderator):
    with pytest.raises(PermissionDenied):
        tell_apart(two, postwoman)
    verdict = tell_apart(two, moderator)
    with pytest.raises(PermissionDenied):
        verdict.undo(postwoman)


def test_what_changed_since_it_was_read_is_not_judged(two, moderator):
    with pytest.raises(Conflict):
        tell_apart(two, moderator, (two[0].version + 1, two[1].version))


def test_merged_ideas_are_not_told_apart(two, moderator):
    two[0].merge_into(two[1], moderator)
    with pytest.raises(Conflict):
        Verdict.tell_apart(*two, moderator, (None, None))


def test_an_idea_is_the_same_as_itself(two, moderator):
    with pytest.raises(Refused):
        Verdict.tell_apart(two[0], two[0], moderator, (None, None))


def test_merged_declined_and_withdrawn_ideas_are_not_proposed(two, moderator):
    two[0].merge_into(two[1], moderator)
    assert not proposals.proposed().exists()
    two[0].undo_merge(moderator)
    assert proposals.proposed().count() == 1
    two[0].decline(moderator, "Cela existe déjà.")
    assert not proposals.proposed().exists()
