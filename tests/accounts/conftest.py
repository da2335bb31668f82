"""The company's provider, and a colleague who goes there and comes back."""

import copy
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client

from tests.accounts import provider as company

CALLBACK = "/compte/oidc/company/login/callback/"


def app(address: str, provider_id: str = "company") -> dict[str, Any]:
    return {
        "provider_id": provider_id,
        "name": "Ma Poste",
        "client_id": company.CLIENT,
        "secret": company.SECRET,
        "settings": {"server_url": address},
    }


@pytest.fixture
def provider(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[company.Provider]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with company.running() as provider:
        providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
        providers["openid_connect"]["APPS"] = [app(provider.address)]
        settings.SOCIALACCOUNT_PROVIDERS = providers
        yield provider


def browser() -> Client:
    """A new one, of somebody who reads English."""
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def client() -> Client:
    return browser()


def button(client: Client, asked_for: str = "") -> str:
    """Where the button of the sign-in page leads."""
    page = client.get("/compte/login/", {"next": asked_for} if asked_for else {})
    found = re.search(r'<a class="button[^>]* href="([^"]+)">.*Ma Poste</a>', page.text)
    assert found, page.text
    return unescape(found[1])


def sent_to(client: Client, address: str) -> str:
    """Where the provider sends the browser back to."""
    leaving = client.get(address)
    assert leaving.status_code == 302, leaving.text
    answer = requests.get(leaving["Location"], allow_redirects=False, timeout=10)
    return answer.headers["Location"]


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("testserver", CALLBACK)
    return client.get(parts.path, dict(parse_qsl(parts.query)), follow=True)


@pytest.fixture
def sign_in(provider: company.Provider) -> Callable[..., Any]:
    """The whole journey in a new browser, with these claims: the page at its end."""

    def walk(asked_for: str = "", **claims: Any) -> Any:
        provider.says(**claims)
        client = browser()
        return come_back(client, sent_to(client, button(client, asked_for)))

    return walk
