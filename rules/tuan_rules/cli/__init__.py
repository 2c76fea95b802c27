"""The command `tuan-rules`, a file per subcommand; only console scripts import it. It needs no server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tuan_rules.cli import check, diff, explain, fmt, lint, lsp, test, vocab
from tuan_rules.cli.command import EXIT_TROUBLE, Command, flush_told, leave_unread
from tuan_rules.installed import installed_vocabulary
from tuan_rules.vocabulary import Vocabulary

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
        flush_told()
        return status
    except BrokenPipeError:
        return leave_unread()
    except (OSError, ValueError, ImportError) as error:
        print(f"tuan-rules: {error}", file=sys.stderr)
        return EXIT_TROUBLE
