"""The command line, one file per command; only the console script imports it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from tuan.domain.errors import TuanError

#: Imported when they are wanted, like all that is imported in functions here: an engine's whole stack takes a second to load, `tuan rules
#: check` needs none of it, and the parent of an engine's processes keeps them waiting.
_COMMANDS = {
    "serve": "run the engine",
    "demo": "see it work, with a crash in the middle",
    "audit": "compare the stores and check the ledger",
    "rebuild": "build counters anew from SQL",
    "drain": "bring intents into PostgreSQL in a process of its own",
    "catalog": "import products from a CSV file",
    "rules": "check and publish rule files",
    "keys": "API keys of applications",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 done and something is wrong (an audit with differences), 2 not done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="tuan", description="The commerce engine for group buying, flash sales and distribution."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, what in _COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"Command `tuan {name}`: {what}.")
        if name in given[:1]:
            import_module(f"tuan.server.cli.{name}").add_to(command)
    if not given[:1] or given[0] not in _COMMANDS:
        _add_brought(commands)
    options = parser.parse_args(given)
    # What the engine writes is for its owner alone: orders, keys, intents; whoever made the folder.
    os.umask(0o077)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_told(error):
            raise
        print(f"tuan {options.command}: {error}", file=sys.stderr)
        return 2


def _add_brought(commands: Any) -> None:
    """What plugins bring; looked for only where it may be meant, since their modules are loaded for their help."""
    from tuan.server.cli.brought import brought_commands

    for name, brought in brought_commands(_COMMANDS):
        command = commands.add_parser(name, help=brought.help, description=brought.help)
        brought.add_to(command)
        command.set_defaults(run=brought.run)


def _run(options: argparse.Namespace) -> int:
    try:
        status: int = options.run(options)
        from tuan_rules.cli.command import flush_told

        flush_told()
        return status
    except BrokenPipeError:
        from tuan_rules.cli.command import leave_unread

        return leave_unread()


def _is_told(error: Exception) -> bool:
    """Whether its text says to whoever typed the command what is wrong; all else is a bug, and shows where."""
    from tuan.registry import PluginRefused
    from tuan_client.failure import TuanApiError

    return isinstance(error, (TuanError, PluginRefused, TuanApiError, OSError, UnicodeDecodeError))
