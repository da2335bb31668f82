"""Servers of their own, to be killed."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from search import engines
from search.engines.elastic.engine import ElasticsearchEngine

ROOT = Path(django_settings.BASE_DIR)


def free_ports(wanted: int) -> int:
    """The first of so many free ports in a row, with as many free a hundred further on."""
    for first in range(9400, 9900, 10):
        ports = [first + n + more for n in range(wanted) for more in (0, 100)]
        try:
            for port in ports:
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return first
    raise LookupError("no free ports")


class Server:
    """Elasticsearch nodes started by `bin/services`, with data of their own."""

    def __init__(self, nodes: int = 1) -> None:
        self.port = free_ports(nodes)
        self.nodes = nodes
        own = {
            "TOURNEE_SERVICES_DIR": str(ROOT / ".services" / f"faults-{self.port}"),
            "TOURNEE_SERVICES_FROM": "packages",
            "TOURNEE_ELASTICSEARCH_PORT": str(self.port),
            "TOURNEE_ELASTICSEARCH_NODES": str(nodes),
            "TOURNEE_ELASTICSEARCH_HEAP": "512m",
        }
        kept = {k: v for k, v in os.environ.items() if not k.endswith("_URL")}
        self._env = kept | own

    @property
    def url(self) -> str:
        return ",".join(f"http://127.0.0.1:{self.port + node}" for node in range(self.nodes))

    def start(self) -> None:
        self._services("up")

    def stop(self) -> None:
        self._services("down")

    def kill(self, node: int = 0) -> None:
        os.kill(self.pids()[node], signal.SIGKILL)

    def pids(self) -> list[int]:
        said = self._services("status", check=False).stdout
        found = re.search(r"pid ([\d ]+)", said)
        return [int(pid) for pid in found[1].split()] if found else []

    def _services(self, command: str, check: bool = True) -> Any:
        return subprocess.run(
            [ROOT / "bin/services", command, "elasticsearch"],
            env=self._env,
            capture_output=True,
            text=True,
            check=check,
        )


@pytest.fixture(scope="session")
def one_server() -> Iterator[Server]:
    made = Server()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def use(settings: Any) -> Iterator[Callable[[Server], ElasticsearchEngine]]:
    """Make a server the one of the settings, with an empty index."""

    def choose(server: Server) -> ElasticsearchEngine:
        settings.SEARCH_ENGINE = "elasticsearch"
        settings.ELASTICSEARCH_URL = server.url
        settings.ELASTICSEARCH_INDEX = "faults"
        settings.ELASTICSEARCH_REPLICAS = server.nodes - 1
        engines.named.cache_clear()
        engine = engines.engine()
        assert isinstance(engine, ElasticsearchEngine)
        engine.indexes.drop_all()
        list(engine.rebuild())
        return engine

    yield choose
    engines.named.cache_clear()


@pytest.fixture
def server(one_server: Server, use: Callable[[Server], ElasticsearchEngine], db: None) -> Server:
    if not one_server.pids():
        one_server.start()
    use(one_server)
    return one_server
