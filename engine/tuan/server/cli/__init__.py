"""The command line, one file per command; only the console script imports it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tuan.adapters.embedded_redis import EmbeddedRedisError
from tuan.domain.errors import TuanError
from tuan.registry import PluginRefused
from tuan.server.cli import audit, catalog, demo, drain, keys, rebuild, rules, serve

_COMMANDS = (serve, demo, audit, rebuild, drain, catalog, rules, keys)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 done and something is wrong (an audit with differences), 2 not done."""
    parser = argparse.ArgumentParser(
        prog="tuan", description="The commerce engine for group buying, flash sales and distribution."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except (TuanError, EmbeddedRedisError, PluginRefused) as error:
        print(f"tuan {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
