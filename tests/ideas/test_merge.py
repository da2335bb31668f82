"""Merging is a link: votes stay where they were cast, and undoing it is exact."""

import pytest

from ideas import documents
from ideas.models import Conflict, Event, Idea, Refused, Vote
from search.models import Document


@pytest.fixture
def three(published, postwoman, clerk, expert) -> list[Idea]:
    people = (postwoman, clerk, expert)
    return [published(person, f"Idée {n}") for n, person in enumerate(people)]


def fresh(idea: Idea) -> Idea:
    return Idea.objects.get(pk=idea.pk)


def all_of(model, *without: str) -> list[dict[str, object]]:
    rows = model.objects.order_by("pk").values()
    return [{name: exact(row[name]) for name in row.keys() - set(without)} for row in rows]


def exact(value: object) -> object:
    # A vote adds to the rising score, a recount sums it up: the last bits may differ.
    return round(value, 9) if isinstance(value, float) else value


def everything() -> list[object]:
    """Every stored fact that a merge could touch, but for how often it was written."""
    return [
        all_of(Idea, "version"),
        all_of(Document, "version", "indexed_version", "change"),
        all_of(Vote),
    ]


def told(idea: Idea) -> bool:
    """The search document says what the idea says."""
    document = Document.objects.get(key=str(idea.pk))
    return all(
        getattr(document, name) == value for name, value in documents.fields(fresh(idea)).items()
    )


def test_undoing_at_once_changes_nothing_at_all(three, moderator, colleagues):
    head, source, _other = three
    for idea, people in ((head, colleagues[:3]), (source, colleagues[2:5])):
        for person in people:
            Vote.cast(idea, person)
    source.set_own_comments(lambda: 2)
    before = everything()
    source.merge_into(head, moderator)
    assert (fresh(head).support, fresh(head).comments_count) == (5, 2)
    fresh(source).undo_merge(moderator)
    assert everything() == before


def test_search_no_longer_shows_a_merged_idea_and_shows_it_again_after_the_undo(three, moderator):
    head, source, _other = three
    source.merge_into(head, moderator)
    document = Document.objects.get(key=str(source.pk))
    assert (document.state, document.public) == ("merged", False)
    fresh(source).undo_merge(moderator)
    document.refresh_from_db()
    assert (document.state, document.public) == ("published", True)


def test_votes_cast_meanwhile_stay_where_they_were_cast(three, moderator, colleagues):
    head, source, _other = three
    Vote.cast(source, colleagues[0])
    source.merge_into(head, moderator)
    Vote.cast(fresh(source), colleagues[1])
    Vote.withdraw(fresh(head), colleagues[0])
    fresh(source).undo_merge(moderator)
    assert (fresh(head).support, fresh(source).support) == (1, 0)
    assert told(head)
    assert told(source)


def test_a_group_comes_along_and_goes_back(three, moderator, colleagues):
    first, second, third = three
    for idea, person in zip(three, colleagues, strict=False):
        Vote.cast(idea, person)
    first.merge_into(second, moderator)
    before = everything()
    assert second.supporters_if_merged_into(third) == 3
    second.merge_into(third, moderator)
    assert {fresh(first).canonical_id, fresh(second).canonical_id} == {third.pk}
    assert (fresh(third).support, fresh(second).support) == (3, 1)
    fresh(second).undo_merge(moderator)
    assert everything() == before


def test_only_what_came_along_goes_back(three, submit, postwoman, moderator):
    first, second, third = three
    first.merge_into(second, moderator)
    second.merge_into(third, moderator)
    fresh(first).undo_merge(moderator)
    fresh(first).merge_into(third, moderator)
    fresh(second).undo_merge(moderator)
    assert fresh(first).canonical_id == third.pk
    assert fresh(second).canonical_id is None


def test_an_unpublished_idea_returns_to_the_queue_after_the_undo(three, submit, clerk, moderator):
    idea = submit(clerk, "Pas encore publiée")
    idea.merge_into(three[0], moderator)
    assert idea not in Idea.objects.awaiting_decision()
    fresh(idea).undo_merge(moderator)
    assert idea in Idea.objects.awaiting_decision()
    assert fresh(idea).decided_at is None


@pytest.mark.parametrize("code", ["self", "merged", "hidden"])
def test_what_cannot_be_merged_says_why(code, three, submit, clerk, moderator):
    first, second, third = three
    second.merge_into(third, moderator)
    other = {"self": first, "merged": second, "hidden": submit(clerk, "Cachée")}[code]
    with pytest.raises(Refused) as caught:
        first.merge_into(other, moderator)
    assert caught.value.code == code


def test_undoing_twice_is_a_conflict(three, moderator):
    merged = three[0].merge_into(three[1], moderator)
    merged.undo_merge(moderator)
    for idea in (merged, fresh(merged)):
        with pytest.raises(Conflict):
            idea.undo_merge(moderator)


def test_an_old_page_does_not_undo_a_newer_merge(three, moderator):
    first, second, third = three
    seen = first.merge_into(second, moderator)
    fresh(first).undo_merge(moderator)
    fresh(first).merge_into(third, moderator)
    with pytest.raises(Conflict):
        seen.undo_merge(moderator, version=seen.version)
    assert fresh(first).canonical_id == third.pk


def test_both_ideas_tell_what_happened(three, moderator):
    head, source, _other = three
    source.merge_into(head, moderator, "Même besoin")
    merged, absorbed = source.events.last(), head.events.last()
    assert (merged.kind, merged.other, merged.reason) == (Event.Kind.MERGED, head, "Même besoin")
    assert (absorbed.kind, absorbed.other) == (Event.Kind.ABSORBED, source)


def test_a_co_author_cannot_back_the_group(three, moderator, clerk):
    head, source, _other = three
    source.merge_into(head, moderator)
    with pytest.raises(Refused):
        Vote.cast(fresh(head), clerk)


def test_the_number_of_comments_is_asked_under_the_lock(three, moderator):
    head, source, _other = three
    source.merge_into(head, moderator)
    source.set_own_comments(lambda: 4)
    assert (fresh(source).own_comments, fresh(head).comments_count) == (4, 4)
    assert told(head)


@pytest.mark.parametrize("votes", [1, 8])
def test_queries_of_a_merge_do_not_grow_with_votes(
    votes, three, moderator, colleagues, django_assert_max_num_queries
):
    head, source, _other = three
    for person in colleagues[:votes]:
        Vote.cast(source, person)
    with django_assert_max_num_queries(22):
        source.merge_into(head, moderator)
