"""People and workers at the same time, on a server that lets them."""

from collections.abc import Callable
from threading import Barrier, Thread
from threading import Event as Flag
from uuid import uuid4

import pytest
from django.db import connection, transaction

from community.models import Comment, Notification, Untold
from community.tasks import sweep, tell
from ideas.models import Event, Idea, Vote

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> None:
    """Run the acts in threads that start together; what one raises fails the test."""
    start, failures = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait()
            act()
        except Exception as failure:  # noqa: BLE001  (told below)
            failures.append(failure)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_comments_written_at_once_are_all_counted(idea, colleagues, say):
    at_once(*(lambda person=person: say(idea, person) for person in colleagues[:6]))
    idea.refresh_from_db()
    assert (idea.own_comments, idea.comments_count) == (6, 6)


def test_one_comment_sent_twice_at_once_is_written_once(idea, clerk, say):
    key = uuid4()
    at_once(*[lambda: say(idea, clerk, key=key)] * 4)
    assert Comment.objects.count() == 1
    idea.refresh_from_db()
    assert idea.comments_count == 1


def test_a_merge_amid_comments_loses_none(published, postwoman, clerk, moderator, colleagues, say):
    head, source = published(postwoman, "Une borne"), published(clerk, "Des tickets")
    talk = [lambda person=person: say(source, person) for person in colleagues[:4]]
    at_once(lambda: source.merge_into(head, moderator), *talk)
    head.refresh_from_db()
    assert head.comments_count == 4
    assert sum(Idea.objects.values_list("own_comments", flat=True)) == 4


def test_workers_that_tell_at_once_tell_everybody_once(idea, moderator, colleagues):
    for person in colleagues:
        Vote.cast(idea, person)
    event = idea.adopt(moderator).events.get(kind=Event.Kind.ADOPTED)
    Notification.objects.all().delete()
    Untold.objects.get_or_create(event=event)
    at_once(lambda: tell(event.pk), lambda: tell(event.pk), sweep, sweep)
    assert Notification.objects.filter(event=event).count() == len(colleagues) + 1
    assert not Untold.objects.exists()


def test_an_event_that_commits_late_is_told_by_a_later_sweep(idea, postwoman, moderator):
    recorded, go_on = Flag(), Flag()
    Untold.objects.all().delete()

    def slowly() -> None:
        with transaction.atomic():
            Event.record(idea, Event.Kind.REOPENED, moderator)
            recorded.set()
            go_on.wait(timeout=20)
        connection.close()

    slow = Thread(target=slowly)
    slow.start()
    recorded.wait(timeout=20)
    Event.record(idea, Event.Kind.ADOPTED, moderator)
    sweep()
    kinds = Notification.objects.filter(person=postwoman).values_list("event__kind", flat=True)
    assert set(kinds) >= {Event.Kind.ADOPTED}
    assert Event.Kind.REOPENED not in set(kinds.all())
    go_on.set()
    slow.join()
    sweep()
    assert Event.Kind.REOPENED in set(kinds.all())
