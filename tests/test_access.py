"""Who may reach which address: an address that is not listed here fails the suite."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from community.models import Comment, SavedSearch
from config.urls import urlpatterns
from ideas.listing import Listing, Taxonomy

ROLES = ("visitor", "postwoman", "expert", "project_lead", "manager", "moderator", "administrator")
EVERYBODY = frozenset(ROLES)
STAFF = EVERYBODY - {"visitor"}
MODERATION = frozenset({"moderator", "administrator"})
ADMINISTRATION = frozenset({"administrator"})
READERS = MODERATION | {"manager", "project_lead"}

# Not ours: their own packages test them, and `LoginRequiredMiddleware` stands before them.
FOREIGN = ("compte/", "langue/", "administration/", "documents/")

AUTHOR = frozenset({"postwoman"})

ADDRESSES: dict[str, tuple[str, frozenset[str]]] = {
    # name: (method, roles that are let in)
    "home": ("GET", STAFF),
    "style": ("GET", EVERYBODY),
    "healthz": ("GET", EVERYBODY),
    "page_image": ("GET", STAFF),
    "ideas:list": ("GET", STAFF),
    "ideas:suggest": ("GET", STAFF),
    "ideas:submit": ("GET", STAFF),
    "ideas:similar": ("POST", STAFF),
    "ideas:places": ("GET", STAFF),
    "ideas:draft": ("GET", STAFF),
    "ideas:draft_photo": ("GET", STAFF),
    "ideas:discard": ("POST", STAFF),
    "ideas:restore": ("POST", STAFF),
    "ideas:mine": ("GET", STAFF),
    "ideas:detail": ("GET", STAFF),
    "ideas:alike": ("GET", STAFF),
    "ideas:photo": ("GET", STAFF),
    "ideas:vote": ("POST", STAFF),
    "ideas:back_instead": ("POST", STAFF),
    "ideas:revise": ("GET", AUTHOR),
    "ideas:withdraw": ("POST", AUTHOR),
    "ideas:search_state": ("GET", ADMINISTRATION),
    "ideas:check_search": ("POST", ADMINISTRATION),
    "ideas:retry_refused": ("POST", ADMINISTRATION),
    "triage:queue": ("GET", MODERATION),
    "triage:review": ("GET", MODERATION),
    "triage:publish": ("POST", MODERATION),
    "triage:ask": ("POST", MODERATION),
    "triage:decline": ("POST", MODERATION),
    "triage:merge": ("POST", MODERATION),
    "triage:undo_merge": ("POST", MODERATION),
    "triage:reopen": ("POST", MODERATION),
    "triage:pair": ("GET", MODERATION),
    "triage:tell_apart": ("POST", MODERATION),
    "triage:undo_verdict": ("POST", MODERATION),
    "triage:thresholds": ("GET", frozenset({"administrator"})),
    "community:comment": ("GET", STAFF),
    "community:follow": ("POST", STAFF),
    "community:show_comment": ("GET", STAFF),
    "community:answers": ("GET", STAFF),
    "community:answer_comment": ("GET", STAFF),
    "community:edit_comment": ("POST", AUTHOR),
    "community:remove_comment": ("POST", AUTHOR),
    "community:hide_comment": ("POST", MODERATION),
    "community:searches": ("GET", STAFF),
    "community:save_search": ("GET", STAFF),
    "community:open_search": ("GET", AUTHOR),
    "community:rename_search": ("GET", AUTHOR),
    "community:set_alerts": ("POST", AUTHOR),
    "community:remove_search": ("POST", AUTHOR),
    "community:notifications": ("GET", STAFF),
    "community:mark_read": ("POST", STAFF),
    "community:read": ("GET", STAFF),
    "reports:overview": ("GET", READERS),
    "reports:refresh": ("POST", READERS),
    "reports:csv": ("GET", READERS),
    "projects:adopt": ("POST", MODERATION),
    "demonstration:sign_in": ("POST", EVERYBODY),
}
# What these ask for is not there: a page that is not found was let in.
NOT_THERE = {
    "page_image",
    "ideas:photo",
    "ideas:draft",
    "ideas:draft_photo",
    "ideas:discard",
    "ideas:restore",
    "community:read",
    "demonstration:sign_in",
    "triage:undo_verdict",
}
SENT = {"community:mark_read": {"newest": "0"}, "community:edit_comment": {"body": "Deux bancs."}}
OF_SEARCH = {f"community:{act}" for act in ("open_search", "rename_search", "set_alerts")}
OF_SEARCH |= {"community:remove_search"}
# These need an idea that still waits.
OF_WAITING = {"ideas:revise", "triage:publish", "triage:ask"}


@pytest.fixture
def arguments(name, submit, published, postwoman):
    """What the address names: an idea of the postwoman's, her comment on it, or her search."""
    idea = (submit if name in OF_WAITING else published)(postwoman)
    pk = idea.pk
    if name in OF_SEARCH:
        listing = Listing.asked(QueryDict("q=borne"), Taxonomy.load())
        pk = SavedSearch.keep(postwoman, listing)[0].pk
    elif name.startswith("community:") and name not in {"community:comment", "community:follow"}:
        pk = Comment.write(idea, postwoman, "Oui, un banc.", key=uuid4()).pk
    known = {
        "pk": pk,
        "key": UUID(int=1),
        "path": "nothing.webp",
        "table_name": "months",
        "event": 10**9,
        "other": pk,
    }
    return {word: known[word] for word in ALL[name]}


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
def test_only_these_roles_are_let_in(name, role, client_of, arguments):
    method, allowed = ADDRESSES[name]
    client = client_of(role)
    address = reverse(name, kwargs=arguments)
    response = client.get(address) if method == "GET" else client.post(address, SENT.get(name))
    to_sign_in = response.get("Location", "").startswith("/compte/login/")
    if role in allowed:
        assert response.status_code in {200, 302, 400, 409, 422} | (
            {404} if name in NOT_THERE else set()
        )
        assert not to_sign_in
    elif role == "visitor":
        # What was filled in is given back, to be sent again after the sign-in.
        assert response.status_code == 401 if SENT.get(name) else to_sign_in
    else:
        assert response.status_code in {403, 404}


def test_the_resolver_knows_no_other_namespace():
    assert set(get_resolver().namespace_dict) >= {"ideas", "triage", "community", "reports"}
