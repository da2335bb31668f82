"""How quick whole pages are: `python -m bench.pages [--ideas 45000] [--clients 1 8] [--engine …]`.

With `--rates`, how long they take when so many are asked for a second, whoever is still waiting.

Serves the demonstration of that size as in production, signs people in, and asks for each page
over HTTP, connections kept alive. With `--engine elasticsearch` the database is PostgreSQL, a
Celery worker tells the index what changes, and all of it runs on the same cores as the one that
asks; with `--engine database` it is SQLite, and nothing else runs.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate, count, islice
from pathlib import Path
from typing import Any

from bench import corpus
from bench.visitor import PORT, Request, Visitor, sessions

WARM = 5
REPEAT = 600
TYPED_TITLES = 200
WORDS = (
    "file d'attente trop longue au guichet", "vélo électrique", "avis de passage illisible",
    "colis abîmés", "chauffage du bureau", "planning des remplaçants", "application lente",
    "formation des nouveaux", "bruit des machines", "ouverture le samedi", "procuration",
    "casier trop haut",
)  # fmt: skip
TYPED = "Les clients patientent debout une demi-heure au bureau, il faudrait des chaises "
NAMES = {"database": "database", "elasticsearch": "elasticsearch"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=45_000)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--engine", choices=NAMES, default="elasticsearch")
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of requests")
    parser.add_argument("--repeat", type=int, default=REPEAT)
    parser.add_argument("--rates", type=int, nargs="+", default=[], help="so many come a second")
    parser.add_argument("--no-record", action="store_true")
    chosen = parser.parse_args()
    prepare(chosen.engine, chosen.ideas)

    from bench.record import record, show

    requests = {
        what: request_of
        for what, request_of in requests_of(ideas_to_ask()).items()
        if not chosen.only or any(part in what for part in chosen.only)
    }
    crowds = [(max(chosen.clients), rate) for rate in chosen.rates]
    crowds = crowds or [(clients, 0) for clients in chosen.clients]
    people = sessions(max(chosen.clients))
    counts = queries_of(requests)
    with served(chosen.engine) as server:
        rows = []
        for what, request_of in requests.items():
            for clients, rate in crowds:
                row = measured(what, request_of, people[:clients], chosen.repeat, server, rate)
                facts = {"engine": chosen.engine, "ideas": chosen.ideas, "queries": counts[what]}
                rows.append({**facts, **row})
                # An interrupted run has measured what it has measured.
                if not chosen.no_record:
                    record(rows[-1:])
    show(rows)


def prepare(engine: str, ideas: int) -> None:
    """A database with the demonstration of that size, every idea with its vector, all indexed."""
    name = f"pages_{ideas}"
    if engine == "database":
        os.environ["BENCH_DATABASE_URL"] = "file"
        os.environ.pop("REDIS_URL", None)
    os.environ |= {
        "SEARCH_ENGINE": engine, "ELASTICSEARCH_INDEX": f"bench-{name}", "DEMONSTRATION": "1",
    }  # fmt: skip
    corpus.use(corpus.database(name))
    from django.core.management import call_command

    from accounts.models import User
    from search import engines, indexing

    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        call_command("load_demonstration", ideas=ideas)
    corpus.give_vectors()
    corpus.give_own_vectors(ideas_to_ask()[:TYPED_TITLES])
    if engine == "elasticsearch":
        if not engines.engine().complete:
            call_command("search_rebuild")
        indexing.tell_waiting()


@contextmanager
def served(engine: str) -> Iterator[int]:
    """The process id of gunicorn, its workers warm."""
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{PORT}"]
    gunicorn += ["--config", "python:config.gunicorn", "--worker-class", "gthread"]
    gunicorn += ["--workers", "2", "--threads", "4", "--keep-alive", "30", "--log-level", "error"]
    processes = [subprocess.Popen(gunicorn, cwd=corpus.ROOT)]
    if engine == "elasticsearch":
        celery = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1"]
        celery += ["--loglevel", "error", "--without-mingle", "--without-gossip"]
        processes.append(subprocess.Popen(celery, cwd=corpus.ROOT))
    try:
        for _attempt in range(300):
            try:
                Visitor({}).ask("GET", "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield processes[0].pid
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def measured(
    what: str,
    request_of: Callable[[int], Request],
    people: list[dict[str, str]],
    repeat: int,
    server: int,
    rate: int = 0,
) -> dict[str, Any]:
    """The row of a request, made by these people at once; each of them warms up first.

    With a rate it comes so many times a second, at random moments, and is waited for from then on,
    also while all of these people are still busy with an earlier one. Without, each of them asks
    again when answered.
    """
    spans: list[float] = []
    sizes: list[int] = []
    begun: list[float] = []
    warm = threading.Barrier(len(people) + 1, action=lambda: begun.append(time.perf_counter()))
    chance, taking_turns = random.Random(1), threading.Lock()
    coming = accumulate(chance.expovariate(rate) if rate else 0.0 for _turn in range(repeat))

    def work(number: int) -> None:
        visitor = Visitor(people[number])
        turns = count(number * 1000)
        for turn in islice(turns, WARM + 1):
            visitor.ask(*request_of(turn))
        warm.wait()
        for turn in turns:
            with taking_turns:
                due = next(coming, None)
            if due is None:
                break
            start = begun[0] + due if rate else time.perf_counter()
            time.sleep(max(0.0, start - time.perf_counter()))
            body = visitor.ask(*request_of(turn))
            spans.append(time.perf_counter() - start)
            sizes.append(len(body))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(people))]
    load = os.getloadavg()[0]
    for thread in threads:
        thread.start()
    warm.wait()
    worked = processor_seconds(server)
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun[0]
    return {
        "what": f"{what}, {rate} coming a second" if rate else what, "clients": len(people),
        "p50_ms": round(statistics.median(spans) * 1000, 1),
        "p95_ms": round(statistics.quantiles(spans, n=20)[-1] * 1000, 1),
        "per_second": round(len(spans) / elapsed, 1),
        "bytes": round(statistics.median(sizes)),
        "cpu_ms": round((processor_seconds(server) - worked) / len(spans) * 1000, 1),
        "load": round(load, 1),
    }  # fmt: skip


def processor_seconds(server: int) -> float:
    """What gunicorn and its workers have had of the processors; 0 where the system does not tell.

    Unlike a time that was waited, it hardly depends on what else the machine does.
    """
    children = Path(f"/proc/{server}/task/{server}/children")
    if not children.exists():
        return 0
    ticks = 0
    for pid in [str(server), *children.read_text().split()]:
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(numbers[11]) + int(numbers[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def ideas_to_ask() -> list[int]:
    """Open ideas from everywhere in the corpus."""
    from ideas.models import Idea

    known = Idea.objects.listed().filter(state=Idea.State.PUBLISHED, canonical=None)
    keys = list(known.order_by("pk").values_list("pk", flat=True))
    return random.Random(1).sample(keys, min(800, len(keys)))


def requests_of(pks: list[int]) -> dict[str, Callable[[int], Request]]:
    """What is asked for in the n-th turn: method, path, form."""
    from uuid import uuid4

    from ideas.models import Idea, Theme

    theme = Theme.objects.values_list("slug", flat=True)[0]
    # Somebody types what was said before: there is always something to show.
    titles = list(Idea.objects.filter(pk__in=pks[:TYPED_TITLES]).values_list("title", flat=True))

    def vote(pk: int, turn: int) -> Request:
        action = "cast" if turn % 2 == 0 else "withdraw"
        return "POST", f"/idees/{pk}/soutenir/", {"action": action}

    def search(text: str) -> Request:
        from urllib.parse import urlencode

        return "GET", f"/idees/?{urlencode({'q': text})}", None

    def submit(turn: int) -> Request:
        form = {"key": str(uuid4()), "seq": "1", "title": f"Des chaises au bureau {turn}"}
        return "POST", "/idees/proposer/", {**form, "body": TYPED, "theme": theme, "moment": ""}

    return {
        "page: home": lambda turn: ("GET", "/", None),
        "page: list": lambda turn: ("GET", "/idees/", None),
        "page: list, new, filtered": lambda turn: (
            "GET", "/idees/?sort=new&theme=waiting&region=bretagne", None,
        ),
        "page: idea": lambda turn: ("GET", f"/idees/{pks[turn % len(pks)]}/", None),
        "page: search": lambda turn: search(WORDS[turn % len(WORDS)]),
        "page: search, first time asked": lambda turn: search(
            f"{WORDS[turn % len(WORDS)]} {turn}"
        ),
        "fragment: similar while typing": lambda turn: (
            "POST", "/idees/proposer/semblables/",
            {"title": f"{titles[turn % len(titles)]} {turn}", "body": ""},
        ),
        "action: vote": lambda turn: vote(pks[turn // 2 % len(pks)], turn),
        "action: vote, on one idea": lambda turn: vote(pks[0], turn),
        "action: submit": submit,
    }  # fmt: skip


def queries_of(requests: dict[str, Callable[[int], Request]]) -> dict[str, int]:
    """How many queries each request makes, its session and person included, once warm."""
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


if __name__ == "__main__":
    main()
