"""The wheel: everything of the packages is in it, nothing else, and it imports where there is no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, config_list, files, top_packages

#: Alembic runs these inside a migration, they cannot be imported; a `__main__` would start.
_IMPORT_ALL = """
import importlib, pkgutil, sys
count = 0
for top in sys.argv[1:]:
    package = importlib.import_module(top)
    names = [top, *(module.name for module in pkgutil.walk_packages(package.__path__, top + "."))]
    for name in names:
        if "migrations" in name.split(".") or name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        assert module.__file__.startswith(sys.prefix), f"{name} comes from {module.__file__}"
        count += 1
print(count)
"""


def _run(*command: str | Path, cwd: Path) -> str:
    run = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, so that the checkout stays clean; no network, no build isolation."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for path in files():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    pip = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index")
    _run(*pip, "--wheel-dir", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Goal: no data file (Lua, grammar, proto, migration) is missing. Method: compare the wheel's list with the tree's."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    tree = {path.relative_to(folder.parent).as_posix() for folder in top_packages().values() for path in files(folder)}
    assert held == tree


def test_wheel_installs_and_imports_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Goal: `pip install tuan` works. Method: install into a fresh virtualenv that borrows our dependencies by a .pth file
    (which does not activate an editable install), import every module there, and look for the commands, those of plugins too."""
    _run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    installer = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet")
    _run(*installer, wheel, cwd=tmp_path)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    count = int(_run(python, "-c", _IMPORT_ALL, *top_packages(), cwd=tmp_path))
    assert count >= len(config_list("options", "packages"))
    for script in ("tuan", "tuan-rules"):
        assert "usage" in _run(tmp_path / "venv" / "bin" / script, "--help", cwd=tmp_path).lower()
    brought = [line.partition(" =")[0] for line in config_list("options.entry_points", "tuan.commands")]
    told = _run(tmp_path / "venv" / "bin" / "tuan", "--help", cwd=tmp_path)
    assert [name for name in brought if name not in told] == []
