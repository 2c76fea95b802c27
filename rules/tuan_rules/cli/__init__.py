"""The command `tuan-rules`, a file per subcommand; only console scripts import it. It needs no server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from tuan_rules.cli import check, diff, explain, fmt, lint, lsp, test, vocab
from tuan_rules.cli.command import EXIT_TROUBLE, Command
from tuan_rules.standard import standard_vocabulary
from tuan_rules.vocabulary import Item, Vocabulary

#: Distributions register a callable here that returns their list of `tuan_rules.vocabulary.Item`.
ENTRY_POINT_GROUP = "tuan_rules.vocabulary"

#: In the order of `--help`. `tuan rules` offers the same.
COMMANDS: tuple[Command, ...] = (
    check.COMMAND,
    fmt.COMMAND,
    lint.COMMAND,
    test.COMMAND,
    explain.COMMAND,
    diff.COMMAND,
    vocab.COMMAND,
    lsp.COMMAND,
)


def installed_vocabulary() -> Vocabulary:
    """What is built in, and what every installed distribution adds. Raises ValueError when two collide."""
    schemas: list[Item] = []
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name):
        schemas += entry.load()()
    return standard_vocabulary(schemas)


def main(arguments: Sequence[str] | None = None, vocabulary: Vocabulary | None = None) -> int:
    """Run the command; returns the exit status: 0 clean or warnings only, 1 errors or differences, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="tuan-rules", description="Tools for rule files of the tuan commerce engine.")
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        action = actions.add_parser(command.name, help=command.help, description=command.help)
        command.add_to(action)
        action.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options, installed_vocabulary() if vocabulary is None else vocabulary)
        return status
    except (OSError, ValueError, ImportError) as error:
        print(f"tuan-rules: {error}", file=sys.stderr)
        return EXIT_TROUBLE
