"""A small OpenID Connect provider that answers over HTTP, as a company's own would."""

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET, KEY_ID = "tournee", "a secret of both", "1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """Whoever comes next is the one whose claims it `says`, in its token and when it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        # By code: what was asked for, and about whom; by access token: what it may see of them.
        self.asked: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {}
        self.open: dict[str, dict[str, Any]] = {}
        self.token: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.refuses = ""

    def says(self, **claims: Any) -> None:
        self.token = self.userinfo = claims

    def configuration(self) -> dict[str, Any]:
        ends = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "keys",
        }
        return {
            "issuer": self.address,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            **{name: f"{self.address}/{end}" for name, end in ends.items()},
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        if self.refuses:
            answer = {"error": self.refuses}
        else:
            code = secrets.token_urlsafe(8)
            self.asked[code] = (asked, self.token, self.userinfo)
            answer = {"code": code}
        return f"{asked['redirect_uri']}?{urlencode(answer | {'state': asked['state']})}"

    def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        """Against a code, once, for who asked for it and can prove it."""
        asked, token, userinfo = self.asked.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = urlsafe_b64encode(digest).decode().rstrip("=")
        assert asked["code_challenge"] == proof
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        about = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 60}
        id_token = jwt.encode(about | token, KEY, "RS256", headers={"kid": KEY_ID})
        access = secrets.token_urlsafe(8)
        self.open[access] = userinfo
        return {"access_token": access, "token_type": "Bearer", "id_token": id_token}

    def keys(self) -> dict[str, Any]:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [key | {"kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self._answer(self.server.configuration())
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.server.authorize(dict(parse_qsl(parts.query))))
                self.end_headers()
            case "/userinfo":
                access = self.headers["Authorization"].removeprefix("Bearer ")
                self._answer(self.server.open[access])
            case "/keys":
                self._answer(self.server.keys())
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._answer(self.server.tokens(dict(parse_qsl(self.rfile.read(length).decode()))))

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nothing: the tests say what they expect."""


@contextmanager
def running() -> Iterator[Provider]:
    with Provider() as provider:
        Thread(target=provider.serve_forever, args=(0.05,), daemon=True).start()
        yield provider
        provider.shutdown()
