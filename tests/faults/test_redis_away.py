"""Without Redis people go on: what it remembers can be made again, what it queues is in rows."""

import time
from uuid import uuid4

import pytest
from celery import current_app
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from kombu.exceptions import OperationalError

from config.cache import AGAIN_SECONDS, Outage
from ideas.models import Idea, Vote
from search import tasks
from search.models import Document
from tests.faults.conftest import nothing_differs, until

pytestmark = [
    # With the servers of production: SQLite has none beside it.
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("faults"),
]


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


@pytest.fixture
def answering_nothing(settings):
    """django-redis alone, ignoring the outage."""
    shared = settings.CACHES["default"]
    ignoring = {**shared["OPTIONS"], "IGNORE_EXCEPTIONS": True}
    plain = {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": ignoring}
    settings.CACHES = {"default": {**shared, **plain}}


@pytest.fixture
def through_two_outages(with_redis):
    """What a process remembers in an outage, and what of that in the next one."""

    def remembered():
        cache.set("place", "shared")
        with_redis.kill()
        in_the_first = [cache.get("place"), cache.add("place", "own"), cache.add("place", "other")]
        in_the_first.append(cache.get_many(["place", "nothing"]))
        with_redis.start()
        time.sleep(AGAIN_SECONDS)
        assert cache.get("place") in {None, "shared"}
        with_redis.kill()
        return in_the_first, cache.get("place")

    return remembered


def test_a_process_remembers_for_itself_until_redis_is_back(through_two_outages):
    """In the next outage that is forgotten: it may have changed since."""
    assert through_two_outages() == ([None, True, False, {"place": "own"}], None)


def test_it_would_remember_what_may_have_changed_since(through_two_outages, monkeypatch):
    """The control: nothing is forgotten as an outage begins."""
    monkeypatch.setattr(LocMemCache, "clear", lambda _self: None)
    assert through_two_outages()[1] == "own"


def test_a_cache_that_answers_nothing_would_remember_nothing(no_redis, answering_nothing):
    """The control."""
    assert not cache.add("place", "own")
    assert cache.get("place") is None


@pytest.mark.parametrize(
    ("seconds", "asked"), [(AGAIN_SECONDS, 0), (0, 100)], ids=["", "control, no pause"]
)
def test_a_redis_that_is_away_is_not_asked_at_every_turn(no_redis, monkeypatch, seconds, asked):
    monkeypatch.setattr("config.cache.AGAIN_SECONDS", seconds)
    turns = []

    def away(*_):
        turns.append(1)
        raise ConnectionError

    cache.get("place")
    monkeypatch.setattr("django_redis.cache.RedisCache.get", away)
    for _ in range(100):
        cache.get("place")
    assert len(turns) == asked
    Outage.asked_again_at = 0
    cache.get("place")
    assert len(turns) == asked + 1


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


@pytest.mark.usefixtures("no_redis", "answering_nothing")
def test_a_cache_that_answers_nothing_would_let_nobody_sign_in(clerk, client):
    """The control."""
    assert sign_in(client, "secret").status_code == 429


# --- What it queues --------------------------------------------------------------------------


def queue_is_empty():
    return not Document.objects.unindexed().exists()


def worker_answers():
    try:
        return bool(current_app.control.ping(timeout=0.5))
    except OSError:
        return False


@pytest.mark.elasticsearch
def test_what_was_written_while_it_was_away_is_told_once_it_is_back(
    with_redis, broker, processes, submit, clerk, moderator
):
    """A real worker and a real beat outlive it; the sweep finds what no wake-up has told."""
    worker = processes("worker", "--pool", "solo", "--without-mingle", "--without-gossip")
    submit(clerk, "Avant").publish(moderator)
    assert until(queue_is_empty)
    # A wake-up that outlived the outage would tell what the control says nobody tells.
    assert until(lambda: not broker.exists("celery", "unacked"))
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
    nothing_differs(3)
