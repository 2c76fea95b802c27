"""Commands of `tuan` that plugins bring: found by their entry points; a broken one is named and stops no other."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from tuan.plugin import Command
from tuan.server import cli
from tuan.server.cli import brought


def _add_to(parser: ArgumentParser) -> None:
    parser.add_argument("name")


def _run(options: Namespace) -> int:
    if options.name == "missing":
        raise FileNotFoundError("missing: no such file")
    print(f"hello {options.name}")
    return 0


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """A command that greets, one of a built-in name, one that is none, one that cannot be imported, and a second greeting."""
    module = ModuleType("commands_of_a_guest")
    module.GREET = Command("greet somebody", _add_to, _run)  # type: ignore[attr-defined]  # a module made for this test
    module.NONE = object()  # type: ignore[attr-defined]  # as above
    monkeypatch.setitem(sys.modules, module.__name__, module)
    named = {"greet": "GREET", "audit": "GREET", "odd": "NONE", "gone": "MISSING"}
    found = [EntryPoint(name, f"{module.__name__}:{value}", brought.ENTRY_POINT_GROUP) for name, value in named.items()]
    found.append(EntryPoint("greet", f"{module.__name__}:NONE", brought.ENTRY_POINT_GROUP))
    monkeypatch.setattr(brought, "entry_points", lambda group: found if group == brought.ENTRY_POINT_GROUP else [])
    return found


@pytest.mark.usefixtures("points")
def test_a_guest_is_a_command_like_any(capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: it is in the help, runs, and its errors are told in a line. Method: help, a run, a file that is not there."""
    assert cli.main(["greet", "world"]) == 0
    assert capsys.readouterr().out == "hello world\n"
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "greet somebody" in capsys.readouterr().out
    assert cli.main(["greet", "missing"]) == 2
    assert "tuan greet: missing: no such file" in capsys.readouterr().err


def test_a_broken_guest_is_named_and_stops_nobody(points: list[EntryPoint], capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: no distribution takes the command line down, or a built-in command over. Method: five entry points of which one is right."""
    usable = dict(brought.brought_commands({"audit"}, points))
    told = capsys.readouterr().err.splitlines()
    assert (list(usable), usable["greet"].help) == (["greet"], "greet somebody")
    assert [line.split(" of ")[0] for line in told] == [
        "tuan: no command audit",
        "tuan: no command gone",
        "tuan: no command greet",
        "tuan: no command odd",
    ]


def test_built_in_commands_load_no_guest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: `tuan serve` does not wait for them. Method: the help of a built-in command, where looking for guests fails."""
    monkeypatch.delattr(brought, "entry_points")
    with pytest.raises(SystemExit):
        cli.main(["audit", "--help"])
    assert "tuan audit" in capsys.readouterr().out
