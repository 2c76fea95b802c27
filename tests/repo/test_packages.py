"""setup.cfg against the tree: a forgotten package or data file vanishes from the wheel without a word."""

from __future__ import annotations

import ast
import importlib
from importlib.metadata import EntryPoint

import pytest

from tests.repo.tree import ROOT, config, config_list, files, packages, plugin_packages, top_packages


def test_packages_listed_are_the_packages_of_the_tree() -> None:
    """Goal: no package is forgotten or left over. Method: compare `packages` with the folders that hold Python files."""
    listed = config_list("options", "packages")
    assert sorted(listed) == sorted(packages())
    assert listed == sorted(listed), "keep the list sorted: a merge conflict is then a line"


def test_every_package_has_an_init() -> None:
    """Goal: no namespace package by accident. Method: look for `__init__.py`, migration scripts aside (Alembic runs them)."""
    bare = [
        name
        for name, folder in packages().items()
        if not (folder / "__init__.py").exists() and "migrations" not in folder.parts
    ]
    assert bare == []


def test_package_dir_names_every_top_level_package_and_its_folder() -> None:
    """Goal: each package is taken from its own source root. Method: compare `package_dir` with the tree."""
    listed = dict(line.split(" = ") for line in config_list("options", "package_dir"))
    assert listed == {name: str(folder.relative_to(ROOT)) for name, folder in top_packages().items()}


def test_top_level_packages_are_typed() -> None:
    """Goal: users' type checkers see our types. Method: `py.typed` in each top-level package."""
    assert [name for name, folder in top_packages().items() if not (folder / "py.typed").exists()] == []


def test_init_says_what_the_package_is_for() -> None:
    """Goal: a newcomer can open any folder. Method: the docstring of every `__init__` begins with a whole sentence."""
    silent = []
    for name, folder in packages().items():
        init = folder / "__init__.py"
        doc = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) if init.exists() else "Migrations."
        first = (doc or "").partition("\n\n")[0]
        if not first.endswith("."):
            silent.append(name)
    assert silent == []


def _entry_points() -> list[EntryPoint]:
    return [
        EntryPoint(*line.split(" = "), group=group)
        for group in config().options("options.entry_points")
        for line in config_list("options.entry_points", group)
    ]


@pytest.mark.parametrize("point", _entry_points(), ids=lambda point: f"{point.group}:{point.name}")
def test_entry_point_loads(point: EntryPoint) -> None:
    """Goal: no command or plugin that fails when it is first used. Method: load what setup.cfg names."""
    assert point.load() is not None


def test_plugins_are_entry_points_under_their_code() -> None:
    """Goal: folder, entry point and code share one name. Method: compare the group `tuan`, and for a folder that brings a
    vocabulary and no plugin yet the group of vocabularies, with the folders of plugins/."""
    points = _entry_points()
    listed = {point.name: point.value for point in points if point.group == "tuan"}
    vocabularies = {
        point.name: point.module.partition(".")[0] for point in points if point.group == "tuan_rules.vocabulary"
    }
    words_only = {
        code: package for code, package in vocabularies.items() if package in plugin_packages() and code not in listed
    }
    assert listed | words_only == {name.removeprefix("tuan_"): name for name in plugin_packages()}
    # Words alone: a folder that holds more is a plugin that was forgotten in setup.cfg.
    for package in words_only.values():
        names = {path.name for path in files(plugin_packages()[package])}
        assert names <= {"__init__.py", "block.py", "lints.py", "py.typed"}, package
        assert not hasattr(importlib.import_module(package), "tuan_plugins"), package
