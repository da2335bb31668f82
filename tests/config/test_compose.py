"""compose.yaml as Compose would read it: what is built, what its scripts do."""

import json
import os
import subprocess
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
