"""Without Redis people go on: what it remembers can be made again, what it queues is in rows."""

import socket
from uuid import uuid4

import pytest
from celery import current_app

from ideas.models import Idea, Vote
from search.models import Document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def no_redis(settings):
    """The cache and the broker are at a port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
    options = {
        "IGNORE_EXCEPTIONS": True,
        "SOCKET_CONNECT_TIMEOUT": 0.3,
        "SOCKET_TIMEOUT": 0.5,
    }
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": url,
            "OPTIONS": options,
        }
    }
    usual = {"broker_url": "memory://localhost/", "task_always_eager": True}
    current_app.conf.update(broker_url=url, task_always_eager=False)
    yield
    current_app.conf.update(usual)


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
    settings.CACHES["default"]["OPTIONS"]["IGNORE_EXCEPTIONS"] = False
    settings.CACHES = dict(settings.CACHES)
    client = signed_in(clerk)
    client.raise_request_exception = False
    assert client.get("/idees/").status_code == 500
