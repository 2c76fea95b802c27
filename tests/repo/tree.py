"""What the tests of the house read: the tree, setup.cfg, imports, fenced blocks of the documents."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Folders that hold top-level packages, as DESIGN's layout names them: each is an audience.
SOURCE_ROOTS = ("engine", "plugins", "protos", "rules", "clients/python")

_GENERATED = re.compile(r"_pb2(_grpc)?\.pyi?$")


@cache
def _ignored() -> frozenset[str]:
    """Names of .gitignore, so that a virtualenv or a cache is never taken for source."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip("/") for line in lines if line and not line.startswith("#")) | {".git"}


def files(top: Path = ROOT, suffix: str = "") -> Iterator[Path]:
    """Every file of the repository below `top`, in order, without what .gitignore names."""
    for path in sorted(top.iterdir()):
        if path.name in _ignored() or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from files(path, suffix)
        elif path.name.endswith(suffix):
            yield path


def is_generated(path: Path) -> bool:
    """Made by `make protos`: stubs by their name, modules of the client by their first line."""
    return _GENERATED.search(path.name) is not None or path.read_bytes().startswith(b"# Generated from ")


def is_migration(path: Path) -> bool:
    return "migrations" in path.parts


@cache
def config() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def config_list(section: str, option: str) -> list[str]:
    """The lines of a list in setup.cfg, without blank lines and comments."""
    lines = (line.strip() for line in config().get(section, option).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def top_packages() -> dict[str, Path]:
    """Name and folder of every top-level package in the source roots."""
    found = {}
    for root in SOURCE_ROOTS:
        for init in sorted((ROOT / root).glob("*/__init__.py")):
            found[init.parent.name] = init.parent
    return found


def packages() -> dict[str, Path]:
    """Name and folder of every package that has to be in the wheel: a folder with Python files, and those above it."""
    found = {}
    for top in top_packages().values():
        for path in files(top, ".py"):
            folder = path.parent
            while folder != top.parent:
                found[".".join(folder.relative_to(top.parent).parts)] = folder
                folder = folder.parent
    return found


def plugin_packages() -> dict[str, Path]:
    return {name: path for name, path in top_packages().items() if path.parent == ROOT / "plugins"}


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: the module named, and where."""

    module: str
    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"

    def within(self, *names: str) -> bool:
        """Is it one of these modules, or inside one?"""
        return any(self.module == name or self.module.startswith(name + ".") for name in names)


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a Python file, those inside functions included; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, path, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(f"{node.module}.{alias.name}", path, node.lineno)


def imports_below(*tops: Path) -> Iterator[Import]:
    for top in tops:
        for path in files(top, ".py"):
            yield from imports_of(path)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of a Markdown file."""

    language: str
    text: str
    line: int


def fences(path: Path) -> list[Fence]:
    text = path.read_text(encoding="utf-8")
    return [
        Fence(match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"^```([a-z]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def make_targets() -> dict[str, str]:
    """The Makefile's public targets with what `make help` says of each."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):[^#\n]*## (.+)$", text, re.MULTILINE))
