"""`unpack.py ARCHIVE SHA256 NAME TARGET`: check a zip, take one folder of it out as TARGET.

The folder is the one called NAME directly below the archive's single top folder. TARGET appears
complete or not at all.
"""

import hashlib
import shutil
import sys
import zipfile
from pathlib import Path


def unpack(archive: Path, sha256: str, name: str, target: Path) -> None:
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        sys.exit(f"{archive.name}: SHA-256 is {found}, expected {sha256}")
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(archive) as packed:
        members = [m for m in packed.namelist() if m.split("/")[1:2] == [name]]
        packed.extractall(partial, members)
    (folder,) = partial.glob(f"*/{name}")
    for script in (folder / "bin").iterdir():
        script.chmod(0o755)
    (folder / "plugins").mkdir(exist_ok=True)
    folder.rename(target)
    shutil.rmtree(partial)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
