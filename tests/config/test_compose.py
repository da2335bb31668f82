"""compose.yaml as Compose would read it: what is built, what its scripts do."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def service(name: str, *files: str) -> dict[str, Any]:
    """A service of the files laid one over the other, their variables at their defaults."""
    merged: dict[str, Any] = {}
    for file in files or ("compose.yaml",):
        found = yaml.safe_load((ROOT / file).read_text())["services"].get(name, {})
        merged |= found | {
            "environment": merged.get("environment", {}) | found.get("environment", {})
        }
    return merged


def test_one_service_builds_the_image_that_the_others_run() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    (builder,) = (name for name, made in services.items() if "build" in made)
    ours = {name: made for name, made in services.items() if "TOURNEE_IMAGE" in made["image"]}
    assert set(ours) == {"web", "worker", "beat", "migrate"}
    for name in set(ours) - {builder}:
        # No registry is asked for it, and whatever is started, the builder is among it.
        assert ours[name]["pull_policy"] == "never"
        assert builder in ours[name]["depends_on"]


def script(made: dict[str, Any], **swaps: str) -> str:
    """The script of a container, as its shell gets it."""
    text: str = made["command"][0].replace("$$", "$")
    for old, new in swaps.items():
        text = text.replace(old, new)
    return text


def program(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{body}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["compose.yaml"], ["tournee*"]),
        (["compose.yaml", "bin/services.d/compose.yaml"], ["*"]),
    ],
    ids=["production", "development"],
)
def test_the_account_for_search_is_narrow_but_in_development(
    files: list[str], names: list[str], tmp_path: Path
) -> None:
    made = service("search-user", *files)
    program(
        tmp_path, "curl", f'printf "%s\\n" "${{@: -1}}" >>{tmp_path}/sent; echo >>{tmp_path}/sent'
    )
    env = made["environment"] | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    env |= {"ELASTIC_PASSWORD": "e", "TOURNEE_PASSWORD": "t-_1"}
    subprocess.run(["bash", "-euc", script(made)], env=env, check=True)
    role, user = map(json.loads, (tmp_path / "sent").read_text().strip().split("\n\n"))
    assert role["indices"] == [{"names": names, "privileges": ["all"]}]
    assert role["cluster"] == ["monitor", "manage_search_synonyms"]
    assert user == {"password": "t-_1", "roles": ["tournee"]}


# Like Elasticsearch's it writes over nothing, and each of its keys is another one.
CERTUTIL = """
import sys, uuid, zipfile
path = {"ca": "ca/ca", "cert": "elasticsearch/elasticsearch"}[sys.argv[1]]
with zipfile.ZipFile(sys.argv[2], "x") as packed:
    for kind in ("crt", "key"):
        packed.writestr(f"{path}.{kind}", uuid.uuid4().hex)
"""


@pytest.fixture
def certificates(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Start the container again: the files that stand in its volume afterwards."""
    volume, programs = tmp_path / "certs", tmp_path / "bin"
    volume.mkdir()
    programs.mkdir()
    (programs / "make.py").write_text(CERTUTIL)
    make = f'exec {sys.executable} {programs}/make.py "$1" "${{@: -1}}"'
    program(programs, "elasticsearch-certutil", make)
    program(programs, "unzip", f'exec {sys.executable} -m zipfile -e "$2" "$4"')
    program(programs, "chown", "exit 0")
    swaps = {"/usr/share/elasticsearch/bin/": f"{programs}/", "/certs": str(volume)}

    def start() -> dict[str, bytes]:
        env = {"PATH": f"{programs}:{os.environ['PATH']}"}
        said = script(service("certificates"), **swaps)
        subprocess.run(["bash", "-euc", said], env=env, check=True)
        return {str(p.relative_to(volume)): p.read_bytes() for p in volume.rglob("*.*")}

    return start


def test_a_certificate_is_renewed_under_the_same_authority(
    certificates: Callable[[], dict[str, bytes]], tmp_path: Path
) -> None:
    first = certificates()
    assert certificates() == first
    shutil.rmtree(tmp_path / "certs/elasticsearch")
    second = certificates()
    assert set(second) == set(first)
    assert second["ca/ca.crt"] == first["ca/ca.crt"]
    assert second["elasticsearch/elasticsearch.crt"] != first["elasticsearch/elasticsearch.crt"]


def test_a_new_authority_signs_a_new_certificate(
    certificates: Callable[[], dict[str, bytes]], tmp_path: Path
) -> None:
    first = certificates()
    shutil.rmtree(tmp_path / "certs/ca")
    assert not set(certificates().values()) & set(first.values())


@pytest.mark.parametrize("left", ["ca.zip", "cert.zip", "new/ca.zip", "new/ca/ca.crt"])
def test_an_interrupted_start_is_begun_again(
    certificates: Callable[[], dict[str, bytes]], tmp_path: Path, left: str
) -> None:
    file = tmp_path / "certs" / left
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("half")
    assert {"ca/ca.key", "elasticsearch/elasticsearch.key"} <= set(certificates())
