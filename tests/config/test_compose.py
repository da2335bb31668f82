"""compose.yaml as Compose would read it: what is built, what its scripts do."""

import re
from pathlib import Path
from typing import Any

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
