"""What the tests of the pages of ideas share."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from ideas import impressions
from ideas.models import Campaign
from search.indexing import drain_queue


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "_gathered", {})


@pytest.fixture
def htmx() -> dict[str, str]:
    """The headers by which a request is known to come from htmx."""
    return {"HX-Request": "true"}


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign that began ten days ago and ends in twenty."""
    today = timezone.localdate()
    return Campaign.objects.create(
        slug="autumn",
        title_fr="Moins attendre",
        title_en="Waiting less",
        question_fr="Qu’est-ce qui fait perdre du temps ?",
        question_en="What wastes time?",
        starts_on=today - timedelta(days=10),
        ends_on=today + timedelta(days=20),
    )


@pytest.fixture
def indexed(db: None) -> Callable[[], int]:
    """Tell the search engine what it has not been told yet."""
    return drain_queue


@pytest.fixture
def typed(waiting: Any) -> Callable[..., dict[str, Any]]:
    """What the form of an idea posts, well filled in."""

    def fill(**changes: Any) -> dict[str, Any]:
        return {
            "key": str(uuid4()),
            "seq": "3",
            "title": "Une borne à tickets dans le hall",
            "body": "Les clients verraient leur tour et pourraient s’asseoir.",
            "theme": "waiting",
        } | changes

    return fill


@pytest.fixture
def photo() -> Callable[..., SimpleUploadedFile]:
    """A photo as a phone sends it: `photo(size=(40, 30), kind="PNG", exif=…)`."""

    def take(
        size: tuple[int, int] = (40, 30), kind: str = "JPEG", name: str = "IMG_1.jpg", **save: Any
    ) -> SimpleUploadedFile:
        out = BytesIO()
        Image.new("RGB", size, "teal").save(out, kind, **save)
        return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")

    return take


@pytest.fixture
def queries() -> Callable[[Client, str], int]:
    """How many queries a page makes of its own, the second time it is asked for.

    The frame of every page (session, person, permissions, unread news) is measured and left out.
    """

    def count(client: Client, url: str) -> int:
        def asked(address: str) -> int:
            client.get(address)
            with CaptureQueriesContext(connection) as context:
                assert client.get(address).status_code == 200
            return len(context)

        return asked(url) - asked(reverse("style"))

    return count
