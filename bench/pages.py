"""How quick whole pages are: `python -m bench.pages [--ideas 45000] [--clients 1 8]`.

Serves the demonstration of that size under gunicorn, signs in, and asks for each page over HTTP,
connections kept alive. Queries are counted in a process of our own, on the same database.
"""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
WARM = 5
REPEAT = 60
WORDS = (
    "file d'attente trop longue au guichet", "vélo électrique", "avis de passage illisible",
    "colis abîmés", "chauffage du bureau", "planning des remplaçants", "application lente",
    "formation des nouveaux", "bruit des machines", "ouverture le samedi", "procuration",
    "casier trop haut",
)  # fmt: skip
Request = tuple[str, str, dict[str, str] | None]
TYPED = "Les clients patientent debout une demi-heure au bureau, il faudrait des chaises "


@dataclass
class Visitor:
    """A browser reduced to what matters: cookies and a connection that stays open."""

    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection = field(
        default_factory=lambda: http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    )

    def ask(self, method: str, path: str, data: dict[str, str] | None = None) -> bytes:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "Accept-Encoding": "identity"}
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["X-CSRFToken"] = self.cookies.get("csrf", "")
            headers["HX-Request"] = "true"
        self.connection.request(method, path, urlencode(data) if data else None, headers)
        response = self.connection.getresponse()
        body = response.read()
        for given in response.headers.get_all("Set-Cookie") or []:
            name, value = given.split(";", 1)[0].split("=", 1)
            self.cookies[name] = value
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status}")
        return body

    def sign_in(self, username: str) -> "Visitor":
        self.ask("GET", "/compte/login/")
        self.ask("POST", "/demonstration/connexion/", {"username": username})
        return self


@contextmanager
def served(database: Path) -> Iterator[None]:
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{database}", "DEMONSTRATION": "1"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{PORT}"]
    command += ["--workers", "2", "--threads", "2", "--keep-alive", "30", "--log-level", "error"]
    server = subprocess.Popen(command, env=env, cwd=ROOT)
    try:
        for _attempt in range(300):
            try:
                Visitor().ask("GET", "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait()


def measured(
    what: str, request_of: Callable[[int], Request], ideas: int, clients: int
) -> dict[str, Any]:
    """The row of a request, made by that many clients at once."""
    spans: list[float] = []
    sizes: list[int] = []

    def work(number: int) -> None:
        visitor = Visitor().sign_in("awa")
        for turn in range(WARM + REPEAT // clients):
            start = time.perf_counter()
            body = visitor.ask(*request_of(number * 1000 + turn))
            if turn >= WARM:
                spans.append(time.perf_counter() - start)
                sizes.append(len(body))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    return {
        "what": what, "engine": "database (SQLite)", "ideas": ideas, "clients": clients,
        "p50_ms": round(statistics.median(spans) * 1000, 1),
        "p95_ms": round(statistics.quantiles(spans, n=20)[-1] * 1000, 1),
        "per_second": round((len(spans) + WARM * clients) / elapsed, 1),
        "bytes": round(statistics.median(sizes)),
    }  # fmt: skip


def requests_of(pks: list[int]) -> dict[str, Callable[[int], Request]]:
    """What is asked for in the n-th turn: method, path, form."""

    def vote(turn: int) -> Request:
        action = "cast" if turn % 2 == 0 else "withdraw"
        return "POST", f"/idees/{pks[turn // 2 % len(pks)]}/soutenir/", {"action": action}

    def search(turn: int) -> Request:
        words = WORDS[turn % len(WORDS)] + " " * (turn % 7)
        return "GET", f"/idees/?{urlencode({'q': words})}", None

    return {
        "page: home": lambda turn: ("GET", "/", None),
        "page: list": lambda turn: ("GET", "/idees/", None),
        "page: list, new, filtered": lambda turn: (
            "GET", "/idees/?sort=new&theme=waiting&region=bretagne", None,
        ),
        "page: idea": lambda turn: ("GET", f"/idees/{pks[turn % len(pks)]}/", None),
        "page: search": search,
        "fragment: similar while typing": lambda turn: (
            "POST", "/idees/proposer/semblables/", {"title": f"{TYPED} {turn}", "body": ""},
        ),
        "action: vote": vote,
    }  # fmt: skip


def queries_of(requests: dict[str, Callable[[int], Request]], database: Path) -> dict[str, int]:
    """How many queries each request makes, its session and person included, once warm."""
    os.environ |= {"DATABASE_URL": f"sqlite:///{database}", "DEMONSTRATION": "1"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="awa"))
    counts = {}
    for what, request_of in requests.items():
        for turn in (900_000, 900_002):
            method, path, form = request_of(turn)
            with CaptureQueriesContext(connection) as captured:
                client.get(path) if method == "GET" else client.post(path, form)
        counts[what] = len(captured)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=45_000)
    parser.add_argument("--clients", type=int, nargs="+", default=[1])
    chosen = parser.parse_args()
    subprocess.run(
        [sys.executable, "bin/demo", "--ideas", str(chosen.ideas), "--load-only"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    from bench.record import record, show

    database = ROOT / "var" / "demo" / f"ideas-{chosen.ideas}.sqlite3"
    with served(database):
        page = Visitor().sign_in("awa").ask("GET", "/idees/").decode()
        pks = sorted({int(pk) for pk in re.findall(r'href="/idees/(\d+)/"', page)})
        requests = requests_of(pks)
        rows = [
            measured(what, request_of, chosen.ideas, clients)
            for what, request_of in requests.items()
            for clients in chosen.clients
        ]
    counts = queries_of(requests, database)
    for row in rows:
        row["queries"] = counts[row["what"]]
    record(rows)
    show(rows)


if __name__ == "__main__":
    main()
