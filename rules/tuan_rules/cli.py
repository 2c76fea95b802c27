"""The command `tuan-rules`: check rule files and show the vocabulary, without any server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from tuan_rules.check import check
from tuan_rules.checked import CheckResult
from tuan_rules.diagnostics.fixes import apply_fixes
from tuan_rules.diagnostics.machine import render_json, render_sarif
from tuan_rules.diagnostics.text import render_text
from tuan_rules.facts import FactRecord
from tuan_rules.reference import describe_vocabulary
from tuan_rules.schema import BlockSchema
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary

#: Distributions register a callable here that returns their list of `BlockSchema` and `FactRecord`.
ENTRY_POINT_GROUP = "tuan_rules.vocabulary"
EXIT_CLEAN, EXIT_ERRORS, EXIT_USAGE = 0, 1, 2
#: A fix can uncover another mistake; more rounds than this have never been needed.
_FIX_ROUNDS = 5


def installed_vocabulary() -> Vocabulary:
    """The core blocks and those of every installed distribution. Raises ValueError when two collide."""
    schemas: list[BlockSchema | FactRecord] = []
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name):
        schemas += entry.load()()
    return Vocabulary(schemas)


def main(arguments: Sequence[str] | None = None, vocabulary: Vocabulary | None = None) -> int:
    """Run the command; returns the exit status: 0 clean or warnings only, 1 errors, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        known = installed_vocabulary() if vocabulary is None else vocabulary
        if options.command == "vocab":
            print(describe_vocabulary(known, options.language))
            return EXIT_CLEAN
        return _check(options, known)
    except (OSError, ValueError, ImportError) as error:
        print(f"tuan-rules: {error}", file=sys.stderr)
        return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tuan-rules", description="Check rule files of the tuan commerce engine.")
    commands = parser.add_subparsers(dest="command", required=True)
    checks = commands.add_parser("check", help="check the files of one package together")
    checks.add_argument("files", nargs="+", metavar="FILE", type=Path)
    checks.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    checks.add_argument("--language", choices=("en", "zh"), default="en")
    checks.add_argument("--fix", action="store_true", help="apply the fixes that diagnostics offer, in place")
    vocab = commands.add_parser("vocab", help="show every block and field that may be written")
    vocab.add_argument("--language", choices=("en", "zh"), default="en")
    return parser


def _check(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    files = [SourceFile.read(path) for path in dict.fromkeys(options.files)]
    result = check(files, vocabulary)
    if options.fix:
        files, result = _fix(files, result, vocabulary)
    match options.format:
        case "json":
            print(render_json(result.diagnostics))
        case "sarif":
            print(render_sarif(result.diagnostics, options.language))
        case _:
            print(render_text(result.diagnostics, files, options.language, color=sys.stdout.isatty()), end="")
            print(_summary(result, len(files), options.language))
    return EXIT_CLEAN if result.package else EXIT_ERRORS


def _fix(files: list[SourceFile], result: CheckResult, vocabulary: Vocabulary) -> tuple[list[SourceFile], CheckResult]:
    before = {file.name: file.text for file in files}
    for _ in range(_FIX_ROUNDS):
        fixed = [apply_fixes(file, result.diagnostics) for file in files]
        if not any(count for _, count in fixed):
            break
        files = [file for file, _ in fixed]
        result = check(files, vocabulary)
    for file in files:
        if file.text != before[file.name]:
            Path(file.name).write_bytes(file.text.encode())
    return files, result


def _summary(result: CheckResult, files: int, language: str) -> str:
    errors = len(result.errors)
    others = len(result.diagnostics) - errors
    if result.package is not None:
        package = result.package
        if language == "zh":
            return (
                f"通过：{package.name} {package.version}，{len(package.blocks)} 个块，{others} 条提醒，"
                f"版本指纹 {package.ruleset_hash[:12]}"
            )
        return (
            f"ok: {package.name} {package.version}, blocks: {len(package.blocks)}, remarks: {others}, "
            f"ruleset: {package.ruleset_hash[:12]}"
        )
    if language == "zh":
        return f"{files} 个文件，{errors} 个错误，{others} 条提醒"
    return f"files: {files}, errors: {errors}, remarks: {others}"


if __name__ == "__main__":
    sys.exit(main())
