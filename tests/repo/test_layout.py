"""The folder list is the audience list, and files stay small, finished and free of the machine they were written on."""

from __future__ import annotations

import re

import pytest

from tests.repo.tree import ROOT, files, is_generated, is_migration

FOLDERS = {"engine", "plugins", "protos", "rules", "clients", "tests", "docs"}
FILES = {
    "setup.cfg",
    "README.md",
    "pyproject.toml",
    "Makefile",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "ruff.toml",
    "buf.yaml",
}
LINES_MAX = 400

_SOURCE = (".py", ".lua", ".lark", ".proto", ".sh", ".toml", ".cfg", ".yaml", ".md", ".tuan")
# In pieces, so that this file does not find itself.
_MARK = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
_MACHINE = re.compile(r"(?<![\w.])/(wor[k]|far[m]|roo[t]|ho[m]e|Use[r]s|t[m]p/venv)/")


def test_top_level_names_are_those_of_the_design() -> None:
    """Goal: the folder list stays the audience list. Method: compare with the names of the architecture."""
    present = {path.relative_to(ROOT).parts[0] for path in files()}
    assert {name for name in present if not name.startswith(".")} == FOLDERS | FILES


def test_python_files_stay_small() -> None:
    """Goal: a file is one thing. Method: count lines, generated stubs and migrations aside."""
    big = {
        str(path.relative_to(ROOT)): count
        for path in files(suffix=".py")
        if not is_generated(path) and not is_migration(path)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert big == {}


@pytest.mark.parametrize("pattern", [_MARK, _MACHINE], ids=["unfinished", "machine-path"])
def test_no_unfinished_marks_and_no_machine_paths(pattern: re.Pattern[str]) -> None:
    """Goal: nothing half done, nothing that holds on one machine only. Method: search every source and document."""
    hits = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        if path.suffix in _SOURCE or path.name in ("Makefile", "run")
        if not is_generated(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert hits == []


def test_licence_is_apache_2_and_shipped() -> None:
    """Goal: users know what they may do. Method: the licence's own title, and its place in setup.cfg."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "license_files = LICENSE" in (ROOT / "setup.cfg").read_text(encoding="utf-8")
