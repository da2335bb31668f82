"""People who act at the same instant, on PostgreSQL, each in a connection of their own.

Every race is run twice: as it is, and with its protection taken away. Only if the second run goes
wrong did the first one prove anything.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Barrier, BrokenBarrierError, Thread, current_thread
from time import sleep
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import User
from accounts.roles import MODERATOR
from ideas import counts
from ideas.models import Conflict, Event, Idea, Refused, Theme, Verdict, Vote, group
from ideas.models.queryset import IdeaQuerySet
from prepared import PreparedObjects
from search.models import Document

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
PATIENCE = 1.5


@dataclass
class World:
    """Three published ideas and who acts on them; committed, so that every connection sees them."""

    ideas: list[Idea]
    people: list[User]
    moderator: User

    def now(self) -> list[Idea]:
        return [Idea.objects.get(pk=idea.pk) for idea in self.ideas]

    def assert_consistent(self) -> None:
        assert [found for _read, found in counts.differences()] == [[]]
        assert not Idea.objects.filter(canonical__canonical__isnull=False).exists()


@pytest.fixture
def _django_db_helper() -> None:
    """No transaction around these tests: other connections must see the rows.

    `world` deletes what it made, which spares the flush of every table after each race.
    """


@pytest.fixture
def world(django_db_setup, django_db_blocker, monkeypatch) -> Iterator[World]:
    monkeypatch.setattr(Document, "_wake", classmethod(lambda cls: None))
    with django_db_blocker.unblock():
        theme = Theme.objects.create(slug="race", name_fr="Course", name_en="Race")
        people = [User.objects.create_user(f"racer{n}", f"r{n}@example.org") for n in range(5)]
        people[4].groups.add(Group.objects.get(name=MODERATOR))
        ideas = [
            Idea.submit(people[3], uuid4(), title=f"Idée {n}", body="Texte", theme=theme)
            for n in range(3)
        ]
        try:
            yield World([idea.publish(people[4]) for idea in ideas], people, people[4])
        finally:
            Document.objects.filter(key__in=[str(idea.pk) for idea in ideas]).delete()
            Idea.objects.update(canonical=None)
            Idea.objects.filter(theme=theme).delete()
            User.objects.filter(pk__in=[person.pk for person in people]).delete()
            theme.delete()
            connection.close()


@pytest.fixture
def meet(monkeypatch) -> Callable[..., None]:
    """`meet(owner, name)`: whoever has run that function waits there for the other one.

    Where a lock keeps the other one away, both go on after a moment.
    """
    barrier = Barrier(2, timeout=PATIENCE)

    def wait_at(owner: object, name: str, then_sleep: float = 0) -> None:
        original = getattr(owner, name)

        def met(*args: object, **options: object) -> object:
            result = original(*args, **options)
            wait(barrier)
            sleep(then_sleep)
            return result

        monkeypatch.setattr(owner, name, met)

    return wait_at


@pytest.fixture
def unprotected(monkeypatch) -> None:
    monkeypatch.setattr(IdeaQuerySet, "locked", lambda self: self.order_by("pk"))
    unlocked = PreparedObjects(lambda pk, _among: Idea.objects.filter(pk=pk).locked())
    monkeypatch.setattr(group, "_LOCKED", unlocked)


def wait(barrier: Barrier) -> None:
    with suppress(BrokenBarrierError):
        barrier.wait()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned, or the exception that ended it."""
    outcomes: list[object] = [None] * len(acts)

    def run(n: int) -> None:
        try:
            outcomes[n] = acts[n]()
        except (DatabaseError, Refused) as error:
            outcomes[n] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(n,), name=f"act {n}") for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# --- Two votes -----------------------------------------------------------------------------------


def test_two_people_vote_at_once(world, meet):
    idea, people = world.ideas[0], world.people
    meet(Idea, "check_votable")
    assert at_once(*(lambda p=p: Vote.cast(idea, p) for p in people[:2])) == [True, True]
    assert world.now()[0].support == 2
    world.assert_consistent()


def test_without_the_lock_one_of_two_votes_is_not_counted(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_two_people_vote_at_once(world, meet)


def test_a_double_click_is_one_vote(world, meet):
    idea, person = world.ideas[0], world.people[0]
    meet(Idea, "check_votable")
    outcomes = at_once(*[lambda: Vote.cast(idea, person)] * 2)
    assert sorted(outcomes, key=str) == [False, True]
    assert world.now()[0].support == 1


def test_without_the_lock_the_constraint_still_keeps_one_vote(world, meet, unprotected):
    idea, person = world.ideas[0], world.people[0]
    meet(Vote.objects, "filter")
    outcomes = at_once(*[lambda: Vote.cast(idea, person)] * 2)
    assert {type(outcome) for outcome in outcomes} == {bool, IntegrityError}
    assert Vote.objects.filter(idea=idea).count() == 1


# --- A vote and a merge --------------------------------------------------------------------------


def test_a_vote_and_a_merge_at_once(world, meet):
    source, head, _other = world.ideas
    meet(Idea, "check_votable", then_sleep=0.3)
    meet(group, "refusal")
    voted, merged = at_once(
        lambda: Vote.cast(source, world.people[0]),
        lambda: source.merge_into(head, world.moderator),
    )
    assert voted is True
    assert merged.canonical_id == head.pk
    assert world.now()[1].support == 1
    world.assert_consistent()


def test_without_the_lock_the_vote_is_lost_to_the_group(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_a_vote_and_a_merge_at_once(world, meet)


# --- Two merges ----------------------------------------------------------------------------------


def test_crossing_merges(world, meet):
    one, other, _third = world.ideas
    meet(group, "refusal")
    outcomes = at_once(
        lambda: one.merge_into(other, world.moderator),
        lambda: other.merge_into(one, world.moderator),
    )
    assert {type(outcome) for outcome in outcomes} == {Idea, Conflict}
    world.assert_consistent()


def test_without_the_lock_crossing_merges_close_a_circle(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_crossing_merges(world, meet)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_chain_of_merges_stays_one_deep(order, world, meet):
    first, second, third = (world.ideas[n] for n in order)
    meet(group, "refusal")
    outcomes = at_once(
        lambda: first.merge_into(second, world.moderator),
        lambda: second.merge_into(third, world.moderator),
    )
    assert not any(isinstance(outcome, DatabaseError) for outcome in outcomes)
    world.assert_consistent()


def test_without_the_lock_a_chain_is_two_deep(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_a_chain_of_merges_stays_one_deep((0, 1, 2), world, meet)


# --- An undone merge and a vote through the merged idea ------------------------------------------


def undo_and_vote(world: World) -> list[object]:
    source, head = world.ideas[:2]
    merged = source.merge_into(head, world.moderator)
    return at_once(
        lambda: Vote.cast(Idea.objects.get(pk=source.pk), world.people[0]),
        lambda: merged.undo_merge(world.moderator),
    )


def test_an_undone_merge_and_a_vote_do_not_wait_for_each_other(world, monkeypatch):
    barrier, original = Barrier(2, timeout=PATIENCE), group.locked_head

    @contextmanager
    def met(idea: Idea) -> Iterator[Idea]:
        with original(idea) as head:
            wait(barrier)
            yield head

    monkeypatch.setattr(group, "locked_head", met)
    voted, undone = undo_and_vote(world)
    assert voted is True
    assert undone.canonical_id is None
    world.assert_consistent()


def test_taking_the_member_before_its_head_would_be_a_deadlock(world, monkeypatch):
    """The control: the vote takes the rows in the order of a first draft of the rule."""
    barrier, original = Barrier(2, timeout=PATIENCE), group.locked_head

    @contextmanager
    def member_first(idea: Idea) -> Iterator[Idea]:
        if current_thread().name == "act 1":
            with original(idea) as head:
                wait(barrier)
                yield head
            return
        with transaction.atomic():
            row = Idea.objects.locked().get(pk=idea.pk)
            wait(barrier)
            yield Idea.objects.locked().get(pk=row.canonical_id)

    monkeypatch.setattr(group, "locked_head", member_first)
    assert any(isinstance(outcome, DatabaseError) for outcome in undo_and_vote(world))


# --- Two comments --------------------------------------------------------------------------------


def write_and_count(idea: Idea, person: User) -> None:
    """What a comment does: a row that refers to the idea, then the count under its lock."""
    with transaction.atomic():
        Event.record(idea, Event.Kind.COMMENTED, person)
        wait(write_and_count.written)
        idea.set_own_comments(lambda: count_together(idea))


def count_together(idea: Idea) -> int:
    """Before the other one has committed, unless a lock keeps the two apart."""
    comments = idea.events.filter(kind=Event.Kind.COMMENTED).count()
    wait(write_and_count.counted)
    return comments


def two_comments(world: World) -> list[object]:
    write_and_count.written, write_and_count.counted = (
        Barrier(2, timeout=PATIENCE) for _each in range(2)
    )
    idea = world.ideas[0]
    return at_once(*(lambda p=p: write_and_count(idea, p) for p in world.people[:2]))


def test_two_comments_at_once_are_both_counted(world):
    assert two_comments(world) == [None, None]
    assert world.now()[0].own_comments == 2


def test_without_the_lock_one_of_two_comments_is_not_counted(world, unprotected):
    with pytest.raises(AssertionError):
        test_two_comments_at_once_are_both_counted(world)


# --- Two moderators ------------------------------------------------------------------------------


def test_two_moderators_decide_the_same_idea_at_once(world, meet):
    idea = world.ideas[0]
    meet(Idea, "check_decision")
    outcomes = at_once(
        lambda: idea.decline(world.moderator, "Déjà fait ailleurs.", idea.version),
        lambda: idea.merge_into(world.ideas[1], world.moderator, "", idea.version),
    )
    assert {type(outcome) for outcome in outcomes} == {Idea, Conflict}
    assert Idea.objects.get(pk=idea.pk).version == idea.version + 1
    world.assert_consistent()


def test_without_the_lock_both_decisions_are_taken(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_two_moderators_decide_the_same_idea_at_once(world, meet)


def test_what_is_just_being_merged_is_not_told_apart(world, meet):
    idea, other = world.ideas[:2]
    meet(Idea, "check_version")

    def tell_apart() -> Verdict:
        sleep(0.2)  # The merge has its locks by now.
        return Verdict.tell_apart(idea, other, world.moderator, (None, None))

    merged, refused = at_once(lambda: idea.merge_into(other, world.moderator), tell_apart)
    assert merged.canonical_id == other.pk
    assert isinstance(refused, Conflict)
    assert not Verdict.objects.filter(one__in=[idea.pk, other.pk]).exists()


def test_two_moderators_tell_the_same_two_apart(world, meet):
    idea, other = world.ideas[:2]
    meet(Idea, "check_version")
    verdicts = at_once(
        *[lambda: Verdict.tell_apart(idea, other, world.moderator, (None, None))] * 2
    )
    assert verdicts[0] == verdicts[1]


def test_without_the_lock_the_constraint_still_keeps_one_verdict(world, meet, unprotected):
    meet(Verdict.objects.none().__class__, "get")
    test_two_moderators_tell_the_same_two_apart(world, meet)
    assert Verdict.objects.standing().count() == 1


def test_without_the_lock_a_verdict_follows_a_merge(world, meet, unprotected):
    with pytest.raises(AssertionError):
        test_what_is_just_being_merged_is_not_told_apart(world, meet)
