"""`tuan-rules diff`: what changes for buyers between two versions of a package."""

from __future__ import annotations

import argparse
import sys

from tuan_rules.check import check
from tuan_rules.checked import CheckedPackage
from tuan_rules.cli.command import (
    EXIT_CLEAN,
    EXIT_FOUND,
    EXIT_TROUBLE,
    Command,
    add_language,
    read_package,
)
from tuan_rules.diagnostics.text import render_text
from tuan_rules.difference.compare import compare
from tuan_rules.difference.render import render_difference, render_difference_json
from tuan_rules.vocabulary import Vocabulary


def _add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="A", help="a file, or a folder whose .tuan files are one package")
    parser.add_argument("after", metavar="B", help="the same, as it is now")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_language(parser)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    """Exit status 0: the same rules; 1: they differ; 2: one of them has errors, which are shown."""
    packages = [_package(name, vocabulary, options.language) for name in (options.before, options.after)]
    before, after = packages
    if before is None or after is None:
        return EXIT_TROUBLE
    changes = compare(before, after, vocabulary)
    if options.format == "json":
        print(render_difference_json(changes))
    else:
        print(render_difference(changes, options.language))
    return EXIT_FOUND if changes else EXIT_CLEAN


def _package(name: str, vocabulary: Vocabulary, language: str) -> CheckedPackage | None:
    files = read_package(name)
    result = check(files, vocabulary)
    if result.package is None:
        print(render_text(result.errors, files, language), end="", file=sys.stderr)
    return result.package


COMMAND = Command("diff", "what two versions of a package mean differently, field by field", _add_to, _run)
