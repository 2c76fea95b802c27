"""`tuan-rules lint`: what is allowed to be written but probably unwise, and nothing else."""

from __future__ import annotations

import argparse

from tuan_rules.check import check
from tuan_rules.cli.command import (
    EXIT_CLEAN,
    EXIT_FOUND,
    Command,
    add_files,
    add_format,
    add_language,
    print_diagnostics,
    read_files,
)
from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.vocabulary import Vocabulary


def _add_to(parser: argparse.ArgumentParser) -> None:
    add_files(parser, "the files of one package")
    parser.add_argument(
        "--only", action="append", default=[], metavar="CODE", help="only these codes (repeat it, or a,b)"
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="CODE", help="all but these codes")
    add_format(parser)
    add_language(parser)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    files = read_files(options.files)
    result = check(files, vocabulary)
    lints = set(result.lints)
    mistakes = [found for found in result.errors if found not in lints]
    if mistakes:
        # A lint judges values, and a block with a mistake has none that could be judged.
        print_diagnostics(mistakes, files, options.format, options.language)
        return EXIT_FOUND
    only, ignore = _codes(options.only), _codes(options.ignore)
    found = [d for d in result.lints if (not only or d.code in only) and d.code not in ignore]
    print_diagnostics(found, files, options.format, options.language)
    if options.format == "text":
        print(_summary(found, options.language))
    return EXIT_FOUND if any(d.severity is Severity.ERROR for d in found) else EXIT_CLEAN


def _codes(given: list[str]) -> set[str]:
    return {code.strip().upper() for part in given for code in part.split(",") if code.strip()}


def _summary(found: list[Diagnostic], language: str) -> str:
    counts = [sum(d.severity is severity for d in found) for severity in Severity]
    if language == "zh":
        return "错误 {}，警告 {}，提示 {}".format(*counts)
    return "errors: {}, warnings: {}, hints: {}".format(*counts)


COMMAND = Command("lint", "only the lints: what is written correctly and yet probably not meant", _add_to, _run)
