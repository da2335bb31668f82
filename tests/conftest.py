"""The cast of the tests, and the places and words they need."""

import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings

from accounts.models import Entity, Profession, Region, User
from accounts.roles import ADMINISTRATOR, EXPERT, MANAGER, MODERATOR, PROJECT_LEAD
from ideas.models import Channel, Idea, Moment, Theme
from pieces import memory
from search import engines, find, synonyms


def pytest_configure() -> None:
    # A slow machine is not a failure: no test is about time.
    hypothesis_settings.register_profile("any machine", deadline=None)
    hypothesis_settings.load_profile("any machine")
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ).enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs a server says so where there is none; in CI that is a failure."""
    lacks = ""
    if item.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        lacks = "needs PostgreSQL: DATABASE_URL names another database"
    if item.get_closest_marker("elasticsearch") and not settings.ELASTICSEARCH_URL:
        lacks = "needs Elasticsearch: ELASTICSEARCH_URL is not set"
    if item.get_closest_marker("redis") and not settings.REDIS_URL:
        lacks = "needs Redis: REDIS_URL is not set"
    if lacks:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(lacks)


@pytest.fixture(autouse=True)
def _nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process remembers of the documents' table is of the test before.

    Within a test it is remembered however slow the machine: counts of queries depend on it.
    """
    engines.named("database").forget()
    synonyms.forget()
    memory.forget()
    cache.delete(find.READINESS)
    monkeypatch.setattr(find, "READINESS_SECONDS", 3600)
    for seconds in ("SECONDS_TRUSTED", "SECONDS_KEPT"):
        monkeypatch.setattr(synonyms, seconds, 3600)


@pytest.fixture
def bretagne(db: None) -> Region:
    return Region.objects.create(slug="bretagne", name="Bretagne")


@pytest.fixture
def quimper(bretagne: Region) -> Entity:
    return Entity.objects.create(
        code="Q29000", name="Quimper Centre", kind=Entity.Kind.POST_OFFICE, region=bretagne
    )


@pytest.fixture
def rennes(bretagne: Region) -> Entity:
    return Entity.objects.create(
        code="P35000", name="PPDC Rennes Sud", kind=Entity.Kind.DELIVERY_CENTRE, region=bretagne
    )


@pytest.fixture
def waiting(db: None) -> Theme:
    return Theme.objects.create(slug="waiting", name_fr="Attente", name_en="Waiting")


@pytest.fixture
def parcels(db: None) -> Theme:
    return Theme.objects.create(slug="parcels", name_fr="Colis", name_en="Parcels")


@pytest.fixture
def welcome(db: None) -> Moment:
    return Moment.objects.create(slug="welcome", name_fr="Accueil", name_en="Welcome")


@pytest.fixture
def counter(db: None) -> Channel:
    return Channel.objects.create(slug="counter", name_fr="Guichet", name_en="Counter")


def _person(username: str, first: str, last: str, role: str = "", **fields: Any) -> User:
    person = User.objects.create_user(
        username, f"{username}@example.org", "secret", first_name=first, last_name=last, **fields
    )
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def postwoman(rennes: Entity) -> User:
    """Awa, a postwoman on her round."""
    profession = Profession.objects.create(
        slug="letter-carrier", name_fr="Facteur, factrice", name_en="Letter carrier"
    )
    return _person("awa", "Awa", "Le Goff", entity=rennes, profession=profession)


@pytest.fixture
def clerk(quimper: Entity) -> User:
    """Bruno, a counter clerk."""
    return _person("bruno", "Bruno", "Morel", entity=quimper)


@pytest.fixture
def moderator(db: None) -> User:
    return _person("mona", "Mona", "Petit", MODERATOR)


@pytest.fixture
def expert(db: None) -> User:
    return _person("elias", "Élias", "Roche", EXPERT)


@pytest.fixture
def project_lead(db: None) -> User:
    return _person("paul", "Paul", "Nguyen", PROJECT_LEAD)


@pytest.fixture
def manager(db: None) -> User:
    return _person("marie", "Marie", "Duval", MANAGER)


@pytest.fixture
def administrator(db: None) -> User:
    return _person("adele", "Adèle", "Roux", ADMINISTRATOR)


@pytest.fixture
def colleagues(db: None) -> list[User]:
    """Twelve people without a part of their own, to vote and to read."""
    return [_person(f"staff{n:02d}", f"Prénom{n}", f"Nom{n}") for n in range(12)]


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person, backend="accounts.backends.StaffBackend")
        return client

    return sign_in


@pytest.fixture
def submit(waiting: Theme) -> Callable[..., Idea]:
    """Hand in an idea as somebody: `submit(person, title="…", body="…", …)`."""

    def hand_in(author: User, title: str = "Une borne à tickets", **fields: Any) -> Idea:
        fields.setdefault("body", f"{title} : les clients attendraient moins longtemps.")
        fields.setdefault("theme", waiting)
        return Idea.submit(author, fields.pop("key", None) or uuid4(), title=title, **fields)

    return hand_in


@pytest.fixture
def published(submit: Callable[..., Idea], moderator: User) -> Callable[..., Idea]:
    """The same, published by the moderator."""

    def publish(author: User, title: str = "Une borne à tickets", **fields: Any) -> Idea:
        return submit(author, title, **fields).publish(moderator)

    return publish
