"""People who ask over HTTP: a browser reduced to its cookies and a connection that stays open."""

import http.client
import os
from typing import Any
from urllib.parse import urlencode

PORT = int(os.environ.get("PORT", "8765"))
Request = tuple[str, str, dict[str, str] | None]


class Visitor:
    def __init__(self, cookies: dict[str, str]) -> None:
        self._cookies = dict(cookies)
        self._connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=300)

    def ask(self, method: str, path: str, data: dict[str, str] | None = None) -> bytes:
        """The body of the answer. Raises RuntimeError for one that is no success."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookie, "Accept-Encoding": "identity"}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["X-CSRFToken"] = self._cookies.get("csrf", "")
            headers["HX-Request"] = "true"
        self._connection.request(method, path, urlencode(data) if data else None, headers)
        response = self._connection.getresponse()
        body = response.read()
        for given in response.headers.get_all("Set-Cookie") or []:
            name, value = given.split(";", 1)[0].split("=", 1)
            self._cookies[name] = value
        submitted = path == "/idees/proposer/" and data is not None
        if response.status >= 400 or (submitted and response.status != 302):
            raise RuntimeError(f"{method} {path}: {response.status}")
        return body


def sessions(people: int) -> list[dict[str, str]]:
    """The cookies of so many ordinary people who have signed in, each with an account."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.utils.crypto import get_random_string
    from django.utils.module_loading import import_string

    from accounts.models import User

    Store: Any = import_string(f"{settings.SESSION_ENGINE}.SessionStore")  # noqa: N806
    made = []
    for person in User.objects.filter(is_active=True, is_superuser=False).order_by("-pk")[:people]:
        session = Store()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = "accounts.backends.StaffBackend"
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        made.append({"session": session.session_key, "csrf": get_random_string(32)})
    return made
