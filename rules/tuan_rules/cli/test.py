"""`tuan-rules test`: the tests that are written in the rules, and which rules none of them is about."""

from __future__ import annotations

import argparse

from tuan_rules.cli.command import EXIT_CLEAN, EXIT_FOUND, Command, add_files, add_language, read_checked
from tuan_rules.testing.render import render_report, render_report_json
from tuan_rules.testing.run import run_tests
from tuan_rules.vocabulary import Vocabulary


def _add_to(parser: argparse.ArgumentParser) -> None:
    add_files(parser, "the files of one package")
    parser.add_argument(
        "--threshold", type=_percent, default=0, metavar="PERCENT", help="fail where tests cover less of the rules"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_language(parser)


def _percent(text: str) -> int:
    if not text.isdecimal() or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 100")
    return int(text)


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    """Exit status 0: every test passes and enough is covered; 1: not so, or the files have errors, which are shown."""
    files, package = read_checked(options, vocabulary)
    if package is None:
        return EXIT_FOUND
    report = run_tests(package, vocabulary, files)
    if options.format == "json":
        print(render_report_json(report, options.threshold))
    else:
        print(render_report(report, files, options.language, options.threshold))
    return EXIT_CLEAN if report.passed and report.coverage_percent >= options.threshold else EXIT_FOUND


COMMAND = Command(
    "test", "run the tests that are written in the rules, and show which rules they leave out", _add_to, _run
)
