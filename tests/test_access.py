"""Who may reach which address: an address that is not listed here fails the suite."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.urls import urlpatterns

ROLES = ("visitor", "postwoman", "expert", "project_lead", "manager", "moderator", "administrator")
EVERYBODY = frozenset(ROLES)
STAFF = EVERYBODY - {"visitor"}
MODERATION = frozenset({"moderator", "administrator"})
READERS = MODERATION | {"manager", "project_lead"}

# Not ours: their own packages test them, and `LoginRequiredMiddleware` stands before them.
FOREIGN = ("compte/", "langue/", "administration/", "documents/")

ADDRESSES: dict[str, tuple[str, frozenset[str]]] = {
    # name: (method, roles that are let in)
    "home": ("GET", STAFF),
    "style": ("GET", EVERYBODY),
    "healthz": ("GET", EVERYBODY),
    "page_image": ("GET", STAFF),
    "reports:overview": ("GET", READERS),
    "reports:refresh": ("POST", READERS),
    "reports:csv": ("GET", READERS),
    "projects:adopt": ("POST", MODERATION),
    "demonstration:sign_in": ("POST", EVERYBODY),
}
ARGUMENTS: dict[str, object] = {
    "pk": 1,
    "key": UUID(int=1),
    "path": "nothing.webp",
    "table_name": "months",
}


def addresses(
    patterns: list[URLPattern | URLResolver], space: str = ""
) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            route = str(pattern.pattern)
            if route in FOREIGN or "wagtail" in str(pattern.urlconf_name):
                continue
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}", list(pattern.pattern.converters)


ALL = dict(addresses(urlpatterns))


def test_every_address_is_listed():
    assert set(ALL) == set(ADDRESSES)


@pytest.fixture
def client_of(request, signed_in):
    def client(role: str) -> Client:
        return Client() if role == "visitor" else signed_in(request.getfixturevalue(role))

    return client


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_only_these_roles_are_let_in(name, role, client_of, db):
    method, allowed = ADDRESSES[name]
    address = reverse(name, kwargs={word: ARGUMENTS[word] for word in ALL.get(name, [])})
    client = client_of(role)
    response = client.get(address) if method == "GET" else client.post(address)
    if role == "visitor" and role not in allowed:
        assert response.status_code == 302
        assert response["Location"].startswith("/compte/login/")
    elif role in allowed:
        # What is not there is not found: that, too, is being let in.
        assert response.status_code in {200, 302, 400, 404, 422}
        assert not response.get("Location", "").startswith("/compte/login/")
    else:
        assert response.status_code in {403, 404}
        assert response.status_code == 403 or role in STAFF


def test_the_resolver_knows_no_other_namespace():
    assert set(get_resolver().namespace_dict) >= {"ideas", "triage", "community", "reports"}
