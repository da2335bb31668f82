"""Servers of their own, to be killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from elasticsearch import Elasticsearch as Client
from redis import Redis

from config.cache import Outage
from search import engines, indexing, tasks
from search.engines.elastic.connection import AGAIN_SECONDS
from search.engines.elastic.engine import ElasticsearchEngine
from search.indexing import Comparison, compare
from search.models import Document

ROOT = Path(django_settings.BASE_DIR)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
FIELDS = {"state": "published", "public": True, "theme": "waiting", "published_at": MAY}
# The marks of a module whose tests break an index of Elasticsearch.
OF_AN_INDEX = [
    pytest.mark.elasticsearch,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("written_by_web_processes"),
    # One worker, one server.
    pytest.mark.xdist_group("faults"),
]
IMPATIENT = {"SOCKET_CONNECT_TIMEOUT": 0.3, "SOCKET_TIMEOUT": 0.5}


def free_ports(wanted: int, first: int) -> int:
    """The first of so many free ports in a row, with as many free a hundred further on."""
    for port in range(first, first + 90, 10):
        try:
            for tried in (port + n + more for n in range(wanted) for more in (0, 100)):
                socket.create_server(("127.0.0.1", tried)).close()
        except OSError:
            continue
        return port
    raise LookupError("no free ports")


class Server:
    """A server that `bin/services` started, with data of its own that goes with it."""

    url = ""

    def __init__(self, name: str, port: int, **own: str) -> None:
        self.name = name
        self.folder = ROOT / ".services" / f"faults-{port}"
        variables = {
            "TOURNEE_SERVICES_DIR": str(self.folder),
            "TOURNEE_SERVICES_FROM": "packages",
            f"TOURNEE_{name.upper()}_PORT": str(port),
            **{f"TOURNEE_{name.upper()}_{what.upper()}": value for what, value in own.items()},
        }
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
        self._env = kept | variables
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        self._services("up")
        self._running = self.pids()
        if not self.url:
            # Remembered: of a server that is down it is not told.
            self.url = self._services("env").stdout.partition("_URL=")[2].split()[0]

    def stop(self) -> None:
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self, node: int = 0) -> None:
        """At once: to ask for its process first would let it finish what it is at."""
        os.kill(self._running[node], signal.SIGKILL)

    def pids(self) -> list[int]:
        said = self._services("status", check=False).stdout
        found = re.search(r"pid ([\d ]+)", said)
        return [int(pid) for pid in found[1].split()] if found else []

    def _services(self, command: str, check: bool = True) -> Any:
        asked = [ROOT / "bin/services", command, self.name]
        done = subprocess.run(asked, env=self._env, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"{command} {self.name}: {done.stderr or done.stdout}")
        return done


class Elasticsearch(Server):
    def __init__(self, nodes: int = 1) -> None:
        self.nodes = nodes
        # A port is free while its server is killed: a cluster looks elsewhere.
        port = free_ports(nodes, 9400 if nodes == 1 else 9700)
        own = {"nodes": str(nodes), "heap": "512m", "flags": "-XX:TieredStopAtLevel=1"}
        super().__init__("elasticsearch", port, **own)
        self.url = ",".join(f"http://127.0.0.1:{port + node}" for node in range(nodes))


@pytest.fixture(scope="session")
def one_server() -> Iterator[Elasticsearch]:
    made = Elasticsearch()
    made.start()
    # It looks at its disk as often as it can: the next look is due by the interval of the last one.
    with Client(made.url) as client:
        client.cluster.put_settings(persistent={"cluster.info.update.interval": "10s"})
    yield made
    made.stop()


@pytest.fixture
def use(settings: Any) -> Iterator[Callable[..., ElasticsearchEngine]]:
    """Make a server the one of the settings, with an empty index."""

    def choose(server: Elasticsearch, replicas: int = 0) -> ElasticsearchEngine:
        settings.SEARCH_ENGINE = "elasticsearch"
        settings.ELASTICSEARCH_URL = server.url
        settings.ELASTICSEARCH_INDEX = "faults"
        settings.ELASTICSEARCH_REPLICAS = replicas
        settings.ELASTICSEARCH_TIMEOUT = 10
        engines.named.cache_clear()
        engine = engines.engine()
        assert isinstance(engine, ElasticsearchEngine)
        engine.indexes.drop_all()
        list(engine.rebuild())
        return engine

    yield choose
    engines.named.cache_clear()


@pytest.fixture
def server(
    one_server: Elasticsearch, use: Callable[..., ElasticsearchEngine], db: None
) -> Elasticsearch:
    if not one_server.pids():
        one_server.start()
    use(one_server)
    return one_server


@pytest.fixture
def written_by_web_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wake-ups go to a worker, which a test has or has not; vectors are another matter."""
    monkeypatch.setattr(Document, "_wake", lambda *_: None)
    monkeypatch.setattr(indexing, "embed_waiting", lambda seconds: 0)
    # What is logged keeps its exception, and that one the documents that were to be told.
    monkeypatch.setattr(tasks.logger, "disabled", True)


@pytest.fixture(scope="session")
def one_redis() -> Iterator[Server]:
    made = Server("redis", free_ports(1, 9350))
    made.start()
    yield made
    made.stop()


def send_through(broker_url: str, **others: Any) -> None:
    """The broker that was used before is forgotten with its connections, as after a fork."""
    current_app.conf.update(broker_url=broker_url, **others)
    current_app._after_fork()


@pytest.fixture
def with_redis(one_redis: Server, settings: Any) -> Iterator[Server]:
    """Redis is the cache and the broker of this process."""
    if not one_redis.pids():
        one_redis.start()
    location = {"LOCATION": one_redis.url, "OPTIONS": IMPATIENT}
    settings.CACHES = {"default": {"BACKEND": "config.cache.FailoverCache", **location}}
    Outage.away = False
    cache.clear()
    send_through(one_redis.url, task_always_eager=False)
    yield one_redis
    send_through("memory://localhost/", task_always_eager=True)
    Outage.away = False


@pytest.fixture
def broker(with_redis: Server) -> Iterator[Redis]:
    with Redis.from_url(with_redis.url) as client:
        yield client


@pytest.fixture
def processes(
    with_redis: Server, server: Elasticsearch
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start processes of the product: `processes("worker", "-c", "1")`; they end with the test."""
    started = []

    def start(*command: str, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", *command],
            cwd=ROOT,
            env=environment(server, REDIS_URL=with_redis.url, EMBEDDER="none", **variables),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
    for process in started:
        process.wait()


def put(key: str, title: str = "Un guichet") -> None:
    Document.put(key, title=title, body="", **FIELDS)


def put_many(keys: Iterable[Any], title: str = "Un guichet") -> None:
    fields = {"title": title, "body": "Les clients attendent. " * 60, **FIELDS}
    Document.put_new({str(key): fields for key in keys})


def patient() -> Client:
    """The client of the server that is used now."""
    return engines.engine()._connection.patient


def search_check() -> tuple[Any, str]:
    """How `manage.py search_check` ends, and what it says."""
    said, status = StringIO(), 0
    try:
        call_command("search_check", stdout=said)
    except SystemExit as ended:
        status = ended.code
    return status, said.getvalue()


def nothing_differs(documents: int, aside: int = 0) -> None:
    """`search_check` finds all of them, nothing too many, and nothing that still waits."""
    status, said = search_check()
    assert said.startswith(
        f"{documents} documents: 0 missing from the index, 0 outdated in it, 0 too many in it, "
        f"0 with words of an older analysis, 0 waiting in the queue, {aside} set aside, "
    )
    assert status == 0
    assert len(dict(engines.engine().held())) == documents - aside


def differences() -> Comparison:
    """What `search_check` fails for."""
    assert search_check()[0] == 1
    return compare()


def until(true: Callable[[], bool], seconds: int = 90) -> bool:
    for _ in range(seconds * 10):
        if true():
            return True
        time.sleep(0.1)
    return False


def swept() -> None:
    """Sweep as beat does, until nothing waits; the breaker is given its moment."""
    for _ in range(60):
        tasks.sweep()
        if not Document.objects.unindexed().exists():
            return
        time.sleep(AGAIN_SECONDS / 10)
    raise AssertionError("the queue did not empty")


@contextmanager
def worker() -> Iterator[None]:
    """What a worker does for as long as it is there: it drains, whatever comes of it.

    Once more at the end: whatever was written meanwhile has had its turn, on any machine.
    """
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.5):
            tasks.drain()
        tasks.drain()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def environment(server: Elasticsearch, **more: str) -> dict[str, str]:
    """Another process of the product, on the same database and the same index."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        url = f"postgres://{database['USER']}:{database['PASSWORD']}@{place}"
    return {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": django_settings.SECRET_KEY,
        "SEAL_KEYS": ",".join(django_settings.SEAL_KEYS),
        "SEARCH_ENGINE": "elasticsearch",
        "ELASTICSEARCH_URL": server.url,
        "ELASTICSEARCH_INDEX": "faults",
        "PATH": os.environ["PATH"],
        **more,
    }
