"""Without Redis people go on: what it remembers can be made again, what it queues is in rows."""

import subprocess
import sys
import time
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis import Redis

from config.cache import AGAIN_SECONDS, Outage
from ideas.models import Idea, Vote
from search import engines, tasks
from search.indexing import compare
from search.models import Document
from tests.faults.conftest import Server, environment, free_ports

pytestmark = [
    # With the servers of production: SQLite has none beside it.
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("faults"),
]
IMPATIENT = {"SOCKET_CONNECT_TIMEOUT": 0.3, "SOCKET_TIMEOUT": 0.5}


@pytest.fixture(scope="module")
def redis():
    made = Server("redis", free_ports(1, 9350))
    made.start()
    # Asked now: of a server that is down, the address is not told.
    made.address = made.url
    yield made
    made.stop()


def send_through(broker_url, **others):
    """The broker that was used before is forgotten with its connections, as after a fork."""
    current_app.conf.update(broker_url=broker_url, **others)
    current_app._after_fork()


@pytest.fixture
def with_redis(redis, settings):
    """Redis is the cache and the broker of this process."""
    if not redis.pids():
        redis.start()
    location = {"LOCATION": redis.address, "OPTIONS": IMPATIENT}
    settings.CACHES = {"default": {"BACKEND": "config.cache.FailoverCache", **location}}
    Outage.away = False
    cache.clear()
    send_through(redis.address, task_always_eager=False)
    yield redis
    send_through("memory://localhost/", task_always_eager=True)
    Outage.away = False


@pytest.fixture
def no_redis(with_redis):
    with_redis.kill()


def test_ideas_votes_and_comments_go_on(no_redis, published, clerk, postwoman, signed_in, waiting):
    idea = published(clerk, "Un banc devant le bureau")
    client = signed_in(postwoman)
    typed = {
        "key": uuid4(),
        "seq": 1,
        "title": "Une borne à tickets",
        "body": "Les clients attendraient assis.",
        "theme": waiting.slug,
    }
    assert client.post("/idees/proposer/", typed).status_code == 302
    assert Idea.objects.filter(title="Une borne à tickets").exists()
    assert client.post(f"/idees/{idea.pk}/soutenir/", {"action": "cast"}).status_code == 302
    assert Vote.objects.filter(idea=idea).count() == 1
    said = {"body": "Oui, un banc.", "key": uuid4()}
    assert client.post(f"/idees/{idea.pk}/commentaires/", said).status_code == 302
    for page in ("/", "/idees/", "/idees/?q=banc", f"/idees/{idea.pk}/", "/nouvelles/"):
        assert client.get(page).status_code == 200, page
    assert Document.objects.count() == 2


def test_without_patience_for_the_cache_the_pages_would_fail(no_redis, settings, signed_in, clerk):
    """The control."""
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "BACKEND": "django_redis.cache.RedisCache"}
    }
    client = signed_in(clerk)
    client.raise_request_exception = False
    assert client.get("/idees/").status_code == 500


@pytest.fixture
def _nobody_sleeps(monkeypatch):
    def sleep(_seconds):
        raise AssertionError("somebody waits for the broker")

    monkeypatch.setattr("kombu.utils.functional.sleep", sleep)


@pytest.mark.usefixtures("no_redis", "_nobody_sleeps")
def test_nobody_waits_for_a_wake_up_that_the_broker_does_not_take():
    with pytest.raises(OperationalError):
        tasks.drain.apply_async()


@pytest.mark.usefixtures("_nobody_sleeps")
def test_with_the_retries_of_celery_people_would_wait_for_it(no_redis, monkeypatch):
    """The control."""
    options = {**current_app.conf.broker_transport_options}
    del options["max_retries"]
    monkeypatch.setitem(current_app.conf, "broker_transport_options", options)
    with pytest.raises(AssertionError, match="waits for the broker"):
        tasks.drain.apply_async()


# --- What it remembers -----------------------------------------------------------------------


def test_a_process_remembers_for_itself_until_redis_is_back(with_redis):
    cache.set("place", "shared")
    with_redis.kill()
    assert cache.get("place") is None
    assert cache.add("place", "own")
    assert not cache.add("place", "another")
    assert cache.get_many(["place", "nothing"]) == {"place": "own"}
    with_redis.start()
    time.sleep(AGAIN_SECONDS)
    assert cache.get("place") in {None, "shared"}
    with_redis.kill()
    # What it remembered of the last time is forgotten: it may have changed since.
    assert cache.get("place") is None


def test_a_redis_that_is_away_is_not_asked_at_every_turn(no_redis, monkeypatch):
    cache.get("place")
    asked = []
    monkeypatch.setattr("django_redis.cache.RedisCache.get", lambda *_: asked.append(1))
    for _ in range(100):
        cache.get("place")
    assert asked == []
    Outage.asked_again_at = 0
    cache.get("place")
    assert asked == [1]


# --- Who may sign in -------------------------------------------------------------------------


def sign_in(client, password):
    return client.post("/compte/login/", {"login": "bruno", "password": password})


def test_people_sign_in_while_it_is_away(no_redis, clerk, client):
    assert sign_in(client, "secret").status_code == 302


def wrong_five_times_then_right(client):
    """Whether the right password is still looked at after five wrong ones for one name."""
    for _ in range(5):
        assert sign_in(client, "wrong").status_code == 200
    sign_in(client, "secret")
    return "_auth_user_id" in client.session


def test_passwords_are_not_tried_without_end_while_it_is_away(no_redis, clerk, client):
    """allauth's limits hold in each process."""
    assert not wrong_five_times_then_right(client)


def test_without_a_memory_passwords_could_be_tried_without_end(no_redis, settings, clerk, client):
    """The control: a cache that keeps nothing, and is nobody's lock."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert wrong_five_times_then_right(client)


def test_a_cache_that_answers_nothing_would_let_nobody_sign_in(no_redis, settings, clerk, client):
    """The control: django-redis alone, ignoring the outage."""
    ignoring = {**IMPATIENT, "IGNORE_EXCEPTIONS": True}
    plain = {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": ignoring}
    settings.CACHES = {"default": {**settings.CACHES["default"], **plain}}
    assert sign_in(client, "secret").status_code == 429


# --- What it queues --------------------------------------------------------------------------


@pytest.fixture
def processes(with_redis, server):
    """Start processes of the product: `processes("worker", "-c", "1")`; they end with the test."""
    started = []

    def start(*command):
        command = [sys.executable, "-m", "celery", "-A", "config", *command]
        process = subprocess.Popen(
            command,
            cwd=django_settings.BASE_DIR,
            env=environment(server, REDIS_URL=with_redis.address, EMBEDDER="none"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
    for process in started:
        process.wait()


def until(true, seconds=90):
    for _ in range(seconds * 10):
        if true():
            return True
        time.sleep(0.1)
    return False


def queue_is_empty():
    return not Document.objects.unindexed().exists()


def no_wake_up_waits(address):
    with Redis.from_url(address) as broker:
        return not broker.exists("celery", "unacked")


def worker_answers():
    try:
        return bool(current_app.control.ping(timeout=0.5))
    except OSError:
        return False


@pytest.mark.elasticsearch
def test_what_was_written_while_it_was_away_is_told_once_it_is_back(
    with_redis, processes, submit, clerk, moderator
):
    """A real worker and a real beat outlive it; the sweep finds what no wake-up has told."""
    worker = processes("worker", "--pool", "solo", "--without-mingle", "--without-gossip")
    submit(clerk, "Avant").publish(moderator)
    assert until(queue_is_empty)
    # A wake-up that outlived the outage would tell what the control says nobody tells.
    assert until(lambda: no_wake_up_waits(with_redis.address))
    with_redis.kill()
    idea = submit(clerk, "Pendant").publish(moderator)
    Vote.cast(idea, moderator)
    assert not queue_is_empty()
    with_redis.start()
    assert until(worker_answers)
    # The control: the wake-ups are lost, and without beat nothing sweeps.
    assert not until(queue_is_empty, seconds=3)
    beat = processes("beat", "--schedule", "", "--pidfile", "")
    assert until(queue_is_empty)
    with_redis.kill()
    submit(clerk, "Encore").publish(moderator)
    time.sleep(12)
    with_redis.start()
    assert until(queue_is_empty)
    assert worker.poll() is None
    assert beat.poll() is None
    assert not compare()
    assert len(dict(engines.engine().held())) == 3
