"""bin/install: what it says where it cannot install."""

import platform
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from django.conf import settings


def test_an_intel_mac_is_told_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loader = SourceFileLoader("install", str(Path(settings.BASE_DIR) / "bin" / "install"))
    spec = spec_from_loader("install", loader)
    assert spec
    install = module_from_spec(spec)
    loader.exec_module(install)
    monkeypatch.setattr(install, "VENV", tmp_path / "venv")
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(SystemExit, match="Apple silicon"):
        install.main("requirements.txt")
    assert not (tmp_path / "venv").exists()
