"""The Makefile: its help, its targets, and what it says when something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.tree import ROOT, make_targets


def _make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_help_is_the_default_and_lists_every_target() -> None:
    """Goal: `make` tells what one can do. Method: run it; every phony target has its line, in at most 100 columns."""
    listed = _make()
    assert listed.returncode == 0, listed.stderr
    assert _make("help").stdout == listed.stdout
    phony = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(phony) == sorted(make_targets())
    for name, sentence in make_targets().items():
        assert re.search(rf"^  make {name} +{re.escape(sentence)}$", listed.stdout, re.MULTILINE)
    assert max(len(line) for line in listed.stdout.splitlines()) <= 100


@pytest.mark.parametrize("target", make_targets())
def test_target_is_well_formed(target: str) -> None:
    """Goal: no target that fails to parse. Method: a dry run of each."""
    run = _make("--dry-run", target, "DATA=invoices.csv")
    assert run.returncode == 0, run.stderr


def test_old_python_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """Goal: a stranger with an old Python knows what to do. Method: a copy of the Makefile and a python that says 3.10."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.10.4" && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    run = _make("test", f"PYTHON={old}", folder=tmp_path)
    assert run.returncode != 0
    assert "3.11 or newer" in run.stderr
    assert "3.10.4" in run.stderr
    assert "make test PYTHON=python3.12" in run.stderr
    assert not (tmp_path / ".venv").exists()


def test_replay_asks_for_its_file(tmp_path: Path) -> None:
    """Goal: a forgotten DATA= is named before anything is installed. Method: run it without, in an empty folder."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    run = _make("replay", folder=tmp_path)
    assert run.returncode != 0
    assert "make replay DATA=" in run.stderr
    assert not (tmp_path / ".venv").exists()


def test_clean_leaves_sources_and_data(tmp_path: Path) -> None:
    """Goal: `make clean` never costs anybody an order. Method: run it in a folder with caches, sources and data."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = [tmp_path / "engine/tuan/a.py", tmp_path / "data/__pycache__/b"]
    gone = [tmp_path / ".venv/c", tmp_path / "engine/tuan/__pycache__/d", tmp_path / "tuan.egg-info/e"]
    for path in kept + gone:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert _make("clean", folder=tmp_path).returncode == 0
    assert [path for path in kept if not path.exists()] == []
    assert [path for path in gone if path.exists()] == []


def test_ci_ends_with_the_tests() -> None:
    """Goal: CI runs what a maintainer runs, and its last line is pytest's summary. Method: read .ci/run."""
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make check\nmake test")
