"""Workers killed at their work: what they did is not done twice, what they did not is done."""

import subprocess
import sys

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connection

from community import tasks as community_tasks
from community.models import Notification, Untold
from search import engines
from search.check import Check
from search.models import Document
from tests.faults.conftest import (
    differences,
    environment,
    nothing_differs,
    put_many,
    swept,
    until,
)

pytestmark = [
    pytest.mark.elasticsearch,
    # With the servers of production: SQLite has none beside it.
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    # One worker, one server.
    pytest.mark.xdist_group("faults"),
]
TELL, DRAIN, CHECK = "community.tasks.tell", "search.tasks.drain", "search.tasks.check"


# --- Killed between the write and its acknowledgement ----------------------------------------


@pytest.fixture
def worker(processes):
    """A real worker; `killed="after TASK"`: at that moment, the broker is not told of the task."""

    def start(pool="solo", killed="", unprotected=""):
        given = ("--include", "tests.faults.killed") if killed else ()
        quiet = ("--pool", pool, "-c", "1", "--without-mingle", "--without-gossip")
        return processes("worker", *quiet, *given, KILLED=killed, UNPROTECTED=unprotected)

    return start


@pytest.fixture
def is_done(broker):
    """Whether the broker waits for nothing any more."""
    return lambda: not broker.exists("celery", "unacked")


@pytest.fixture
def another_one(broker, worker, is_done):
    """A second worker, and then the time until the broker takes the first one for lost."""

    def start():
        worker()
        assert until(lambda: current_app.control.ping(timeout=0.5))
        seconds = current_app.conf.broker_transport_options["visibility_timeout"]
        for key in broker.scan_iter():
            if 0 < broker.ttl(key) <= seconds:
                broker.delete(key)
        for tag in broker.zrange("unacked_index", 0, -1):
            broker.zincrby("unacked_index", -seconds, tag)
        assert until(is_done)

    return start


@pytest.fixture
def news(broker, server, submit, clerk, moderator):
    """An idea is published: its author is to be told. How often that was done."""
    idea = submit(clerk, "Une borne")
    community_tasks.sweep()
    broker.flushdb()
    idea.publish(moderator)
    return clerk.notifications.count


@pytest.fixture
def twice():
    """What is to be told stays when it was told, and nothing says that it was."""
    stays = "CREATE RULE stays AS ON DELETE TO community_untold DO INSTEAD NOTHING"
    told = "ALTER TABLE community_notification"
    with connection.cursor() as cursor:
        cursor.execute(f"{stays}; {told} DROP CONSTRAINT told_once")
    yield
    Notification.objects.all().delete()
    unique = f"{told} ADD CONSTRAINT told_once UNIQUE (person_id, event_id)"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP RULE stays ON community_untold; {unique}")


@pytest.mark.parametrize(("moment", "told"), [("before", 0), ("after", 1)])
def test_people_are_told_once(news, worker, another_one, moment, told):
    """Killed before it tells them, or after that; without beat, which would tell them too."""
    assert worker(killed=f"{moment} {TELL}").wait(90) == -9
    assert news() == told
    another_one()
    assert news() == 1
    assert not Untold.objects.exists()
    nothing_differs(1)


def test_acknowledged_early_nobody_would_be_told(news, worker, is_done):
    """The control: the broker has forgotten it. What stands in a row is still there, for beat.

    The rest of the worker lives: alone, its process acknowledges nothing while it is at a task.
    """
    worker(pool="prefork", killed=f"before {TELL}", unprotected="acks_late")
    assert until(is_done)
    assert news() == 0
    community_tasks.sweep()
    assert news() == 1


def test_without_a_row_that_says_so_people_would_be_told_twice(news, twice, worker, another_one):
    """The control."""
    assert worker(killed=f"after {TELL}").wait(90) == -9
    another_one()
    assert news() == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_documents_are_told(worker, another_one, moment):
    put_many(range(5))
    assert worker(killed=f"{moment} {DRAIN}").wait(90) == -9
    assert Document.objects.unindexed().count() == (5 if moment == "before" else 0)
    another_one()
    nothing_differs(5)
    assert set(dict(engines.engine().held()).values()) == {1}


@pytest.fixture
def outcome(worker, is_done):
    """Of a comparison that somebody asks for, whose process is killed, for its memory say."""

    def of(unprotected=""):
        Check.start()
        parent = worker(pool="prefork", killed=f"before {CHECK}", unprotected=unprotected)
        assert until(is_done)
        assert parent.poll() is None
        return Check.objects.get().outcome

    return of


def test_what_one_process_of_a_worker_was_at_another_one_does(outcome):
    """At once: the rest of the worker gives it back."""
    assert outcome() == Check.Outcome.DONE


@pytest.mark.parametrize("unprotected", ["acks_late", "reject_on_worker_lost"])
def test_not_given_back_it_would_be_lost(outcome, unprotected):
    """The control. No sweep finds it: it is said to be under way until somebody asks again."""
    assert outcome(unprotected) == Check.Outcome.RUNNING


# --- Killed between telling the engine and noting it ----------------------------------------

WORKER = """
import os, sys, django
django.setup()
from search import indexing
from search.engines.elastic.engine import ElasticsearchEngine
from search.models import Document
tell, note = ElasticsearchEngine.tell, Document.mark_told
def told_and_killed(self, documents):
    tell(self, documents)
    os._exit(9)
def noted_and_killed(self, documents):
    note(documents)
    os._exit(9)
ElasticsearchEngine.tell = told_and_killed if sys.argv[1] == "told" else noted_and_killed
indexing.tell_waiting()
"""


def killed_worker(server, first):
    killed = subprocess.run(
        [sys.executable, "-c", WORKER, first],
        env=environment(server),
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert killed.returncode == 9, killed.stderr


@pytest.mark.usefixtures("written_by_web_processes")
def test_a_worker_killed_between_telling_and_noting_it_does_no_harm(server):
    put_many(range(5))
    killed_worker(server, "told")
    assert len(dict(engines.engine().held())) == 5
    assert Document.objects.unindexed().count() == 5
    swept()
    nothing_differs(5)
    assert set(dict(engines.engine().held()).values()) == {1}


@pytest.mark.usefixtures("written_by_web_processes")
def test_a_worker_that_noted_it_first_would_lose_documents(server):
    """The control: the same kill, with the two steps the other way round."""
    put_many(range(5))
    killed_worker(server, "noted")
    swept()
    assert len(differences().missing) == 5
