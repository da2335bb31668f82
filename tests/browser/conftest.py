"""The product in a real Chromium, as a newcomer meets it: the demonstration, on its own port."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    WebError,
    expect,
)

from tests.accounts import provider as company
from tests.browser import product

SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1440, "height": 900}},
}
Visit = Callable[..., Page]
# A slow machine is no defect of the product: how fast it is has a benchmark of its own.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and product.chromium() is None:
        lacks = "needs a Chromium: install one, or name it in CHROMIUM"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(lacks)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": product.chromium(),
        "args": list(product.CHROMIUM_ARGUMENTS),
    }


@pytest.fixture(scope="session")
def provider() -> Iterator[company.Provider]:
    with company.running() as running:
        yield running


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory, provider: company.Provider) -> Iterator[str]:
    settings = {
        "NO_PROXY": "127.0.0.1",
        "OIDC_NAME": "Ma Poste",
        "OIDC_SERVER_URL": provider.address,
        "OIDC_CLIENT_ID": company.CLIENT,
        "OIDC_CLIENT_SECRET": company.SECRET,
    }
    with product.ready(tmp_path_factory.mktemp("product"), **settings) as address:
        yield address


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def sessions(playwright: Playwright, base_url: str) -> Callable[[str], Any]:
    """Somebody of the demonstration, signed in once: the cookies that a browser would hold."""
    known: dict[str, Any] = {}

    def signed_in(username: str) -> Any:
        if username not in known:
            client = playwright.request.new_context(base_url=base_url)
            client.get("/compte/login/")
            cookies = client.storage_state()["cookies"]
            token = next(cookie["value"] for cookie in cookies if cookie["name"] == "csrf")
            form = {"csrfmiddlewaretoken": token, "username": username}
            assert client.post("/demonstration/connexion/", form=form).ok
            known[username] = client.storage_state()
            client.dispose()
        return known[username]

    return signed_in


@dataclass
class Watch:
    """What no page may do: fail aloud, break the security policy, ask another host."""

    address: str
    seen: list[str] = field(default_factory=list)
    # A page that is left while htmx waits for something says so: nobody missed it.
    expected: list[str] = field(default_factory=lambda: ["htmx:(afterRequest|sendError|sendAbort)"])

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self._spoke)
        context.on("weberror", self._failed)
        context.on("request", self._asked)

    def _spoke(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.seen.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _failed(self, error: WebError) -> None:
        self.seen.append(f"uncaught: {error.error}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.address).netloc:
            self.seen.append(f"another host: {request.url}")

    @property
    def wrong(self) -> list[str]:
        return [
            line for line in self.seen if not any(re.search(known, line) for known in self.expected)
        ]


@pytest.fixture
def watch(base_url: str) -> Iterator[Watch]:
    watching = Watch(base_url)
    yield watching
    assert watching.wrong == []


@pytest.fixture
def visit(
    watch: Watch, new_context: Callable[..., BrowserContext], sessions: Callable[[str], Any]
) -> Visit:
    """A page in a browser of its own: `visit("awa", "phone")`; nobody is signed in as None."""

    def open_browser(username: str | None, size: str = "desktop", **settings: Any) -> Page:
        if username:
            settings["storage_state"] = sessions(username)
        context = new_context(**SIZES[size] | settings)
        watch.follow(context)
        return context.new_page()

    return open_browser
