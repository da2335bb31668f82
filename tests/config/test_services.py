"""bin/services: what it uses, what it starts, what it says. Each test has ports of its own."""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
import redis

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "bin" / "services.d"
Run = Callable[..., subprocess.CompletedProcess[str]]

needs_redis = pytest.mark.skipif(
    not shutil.which("redis-server") and not os.environ.get("CI"),
    reason="redis-server is not installed: bin/services up redis",
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Pong(StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"+PONG\r\n")


@pytest.fixture
def pong_port() -> Iterator[int]:
    """The port of a server that answers as Redis does."""
    with ThreadingTCPServer(("127.0.0.1", 0), Pong) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the servers' own user may enter too, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    outside = {k: v for k, v in os.environ.items() if not re.match(r"TOURNEE_|\w+_URL$", k)}
    ports = {
        f"TOURNEE_{name}_PORT": str(free_port()) for name in ("POSTGRES", "REDIS", "ELASTICSEARCH")
    }
    ours = {"TOURNEE_SERVICES_DIR": str(folder), "TOURNEE_SERVICES_FROM": "packages"}

    def services(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "bin" / "services", *words],
            env=outside | ports | ours | more,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    yield services
    services("down", TOURNEE_SERVICES_FROM="packages")


def redis_url(run: Run) -> str:
    return run("env", "redis").stdout.removeprefix("export REDIS_URL=").strip()


def pid(status: subprocess.CompletedProcess[str]) -> str:
    return status.stdout.rpartition(" pid ")[2].strip()


@pytest.mark.parametrize("service", ["postgres", "redis", "elasticsearch"])
def test_what_is_not_started_is_down(run: Run, service: str) -> None:
    status = run("status", service)
    assert status.returncode == 3
    assert re.fullmatch(rf"{service}\s+down\n", status.stdout)
    assert run("env", service).stdout == ""


def test_a_server_that_the_environment_names_is_used(run: Run, pong_port: int) -> None:
    url = f"redis://:secret@127.0.0.1:{pong_port}/3"
    up = run("up", "redis", REDIS_URL=url)
    assert up.returncode == 0, up.stderr
    assert "environment" in up.stderr
    assert "secret" not in up.stderr
    assert run("env", "redis", REDIS_URL=url).stdout == f"export REDIS_URL={url}\n"


def test_stopping_leaves_what_the_environment_names(run: Run, pong_port: int) -> None:
    url = f"redis://127.0.0.1:{pong_port}"
    assert "was not started here" in run("down", "redis", REDIS_URL=url).stderr
    assert run("status", "redis", REDIS_URL=url).returncode == 0


def test_a_named_server_that_does_not_answer_is_an_error(run: Run) -> None:
    up = run("up", "postgres", DATABASE_URL=f"postgres://me:secret@127.0.0.1:{free_port()}/x")
    assert up.returncode == 1
    assert "DATABASE_URL names" in up.stderr
    assert "does not answer" in up.stderr
    assert "secret" not in up.stderr


def test_a_server_of_another_kind_is_not_taken_for_the_named_one(run: Run, pong_port: int) -> None:
    assert run("up", "postgres", DATABASE_URL=f"postgres://127.0.0.1:{pong_port}/x").returncode == 1


def test_sqlite_needs_no_server(run: Run) -> None:
    assert run("up", "postgres", DATABASE_URL="sqlite:///db.sqlite3").returncode == 0


@pytest.mark.parametrize(
    ("service", "variable"),
    [
        ("postgres", "TOURNEE_POSTGRES_PORT"),
        ("redis", "TOURNEE_REDIS_PORT"),
        ("elasticsearch", "TOURNEE_ELASTICSEARCH_PORT"),
    ],
)
def test_a_taken_port_is_told_with_the_setting_that_changes_it(
    run: Run, pong_port: int, service: str, variable: str
) -> None:
    up = run("up", service, **{variable: str(pong_port)})
    assert up.returncode == 1
    assert f"Port {pong_port} is taken" in up.stderr
    assert f"{variable}=" in up.stderr


@pytest.mark.parametrize("words", [["up", "mongodb"], ["restart"], []])
def test_an_unknown_word_is_refused(run: Run, words: list[str]) -> None:
    refused = run(*words)
    assert refused.returncode in (1, 2)
    assert "postgres redis elasticsearch chromium" in refused.stderr


@needs_redis
def test_starting_twice_keeps_the_same_server(run: Run) -> None:
    first = run("up", "redis")
    assert first.returncode == 0, first.stderr
    before = run("status", "redis")
    assert run("up", "redis").returncode == 0
    assert pid(run("status", "redis")) == pid(before)


@needs_redis
def test_two_starts_at_once_make_one_server(run: Run) -> None:
    ups: list[subprocess.CompletedProcess[str]] = []
    threads = [Thread(target=lambda: ups.append(run("up", "redis"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [up.returncode for up in ups] == [0, 0], [up.stderr for up in ups]
    assert sum("(packages)" in up.stderr for up in ups) == 1


@needs_redis
def test_data_outlives_a_kill_and_a_stop(run: Run) -> None:
    run("up", "redis")
    url = redis_url(run)
    with redis.Redis.from_url(url) as client:
        client.set("round", "kept")
    os.kill(int(pid(run("status", "redis"))), signal.SIGKILL)
    assert run("up", "redis").returncode == 0
    run("down", "redis")
    assert run("status", "redis").returncode == 3
    # After `eval "$(bin/services env)"` the environment names the server that is to be started.
    assert run("up", "redis", REDIS_URL=url).returncode == 0
    with redis.Redis.from_url(url) as client:
        assert client.get("round") == b"kept"


@needs_redis
def test_only_those_who_know_the_password_get_in(run: Run) -> None:
    run("up", "redis")
    with (
        redis.Redis.from_url(re.sub(r":[^:@/]*@", "", redis_url(run))) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def docker_stub(folder: Path, engine: bool, refuses: str = "") -> str:
    """A `docker` that writes down what it is asked; returns a PATH that finds it first."""
    stub = folder / "docker"
    refuse = "" if engine else '[ "$1" = info ] && exit 1'
    if refuses:
        refuse = f'case " $* " in *" {refuses} "*) exit 1 ;; esac'
    stub.write_text(f'#!/bin/sh\necho "$@" >>{folder}/calls\n{refuse}\nexit 0\n')
    stub.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_docker_compose_is_used_where_an_engine_answers(
    run: Run, tmp_path: Path, pong_port: int
) -> None:
    docker = {
        "PATH": docker_stub(tmp_path, engine=True),
        "TOURNEE_SERVICES_FROM": "",
        "TOURNEE_REDIS_PORT": str(pong_port),
    }
    asked = tmp_path / "calls"
    assert run("up", "redis", **docker).returncode == 0
    assert re.search(r"compose .*compose\.yaml up --detach --wait redis", asked.read_text())
    assert f"@127.0.0.1:{pong_port}/0" in run("env", "redis", **docker).stdout
    run("down", "redis", **docker)
    assert re.search(r"compose .* stop redis\n", asked.read_text())


def test_each_folder_of_passwords_has_containers_of_its_own(
    run: Run, tmp_path: Path, pong_port: int
) -> None:
    docker = {
        "PATH": docker_stub(tmp_path, engine=True),
        "TOURNEE_SERVICES_FROM": "compose",
        "TOURNEE_REDIS_PORT": str(pong_port),
    }
    with tempfile.TemporaryDirectory() as other:
        Path(other).chmod(0o755)
        for folder in ({}, {}, {"TOURNEE_SERVICES_DIR": other}):
            assert run("up", "redis", **docker, **folder).returncode == 0
            run("down", "redis", **docker, **folder)
    calls = (tmp_path / "calls").read_text()
    names = re.findall(r"--project-name (\S+) .* up ", calls)
    assert names[0] == names[1] != names[2]
    assert set(re.findall(r"--project-name (\S+) .* stop ", calls)) == set(names)


@pytest.mark.parametrize("refuses", ["up", "exec"])
def test_a_server_in_docker_that_lets_nobody_in_is_an_error(
    run: Run, tmp_path: Path, refuses: str
) -> None:
    docker = {
        "PATH": docker_stub(tmp_path, engine=True, refuses=refuses),
        "TOURNEE_SERVICES_FROM": "compose",
    }
    up = run("up", "postgres", **docker)
    assert up.returncode == 1
    (name,) = set(re.findall(r"--project-name (\S+)", (tmp_path / "calls").read_text()))
    assert f"docker compose --project-name {name} down --volumes" in up.stderr
    assert re.search(r" stop postgres\n", (tmp_path / "calls").read_text())
    assert "down" in run("status", "postgres", **docker).stdout


def test_a_docker_client_without_engine_is_not_used(
    run: Run, tmp_path: Path, pong_port: int
) -> None:
    path = docker_stub(tmp_path, engine=False)
    up = run("up", "redis", PATH=path, TOURNEE_SERVICES_FROM="", TOURNEE_REDIS_PORT=str(pong_port))
    assert "Port" in up.stderr  # it went on to start one itself
    assert " up " not in (tmp_path / "calls").read_text()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "product.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("product-1/elasticsearch/bin/elasticsearch-cli", "#!/bin/sh\n")
        packed.writestr("product-1/elasticsearch/lib/a.jar", "jar")
        packed.writestr("product-1/web/elasticsearch/x.js", "x")
    return path


def unpack(archive: Path, sha256: str, target: Path) -> subprocess.CompletedProcess[str]:
    words: list[str | Path] = [
        sys.executable,
        PARTS / "unpack.py",
        archive,
        sha256,
        "elasticsearch",
        target,
    ]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_only_the_wanted_folder_is_unpacked(archive: Path, tmp_path: Path) -> None:
    unpacked = unpack(archive, hashlib.sha256(archive.read_bytes()).hexdigest(), tmp_path / "es")
    assert unpacked.returncode == 0, unpacked.stderr
    assert os.access(tmp_path / "es/bin/elasticsearch-cli", os.X_OK)
    assert sorted(p.name for p in (tmp_path / "es").iterdir()) == ["bin", "lib", "plugins"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["es", "product.zip"]


def test_an_archive_with_another_checksum_is_refused(archive: Path, tmp_path: Path) -> None:
    refused = unpack(archive, "0" * 64, tmp_path / "es")
    assert refused.returncode == 1
    assert "SHA-256" in refused.stderr
    assert not (tmp_path / "es").exists()
