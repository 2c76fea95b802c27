"""`tuan-rules check`: every mistake of a package, and its fixes applied if wished."""

from __future__ import annotations

import argparse
from pathlib import Path

from tuan_rules.check import check
from tuan_rules.checked import CheckResult
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
from tuan_rules.diagnostics.fixes import apply_fixes
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary

#: A fix can uncover another mistake; more rounds than this have never been needed.
_FIX_ROUNDS = 5


def _add_to(parser: argparse.ArgumentParser) -> None:
    add_files(parser, "the files of one package")
    add_format(parser)
    add_language(parser)
    parser.add_argument("--fix", action="store_true", help="apply the fixes that diagnostics offer, in place")


def _run(options: argparse.Namespace, vocabulary: Vocabulary) -> int:
    files = read_files(options.files)
    result = check(files, vocabulary)
    if options.fix:
        files, result = _fix(files, result, vocabulary)
    print_diagnostics(result.diagnostics, files, options.format, options.language)
    if options.format == "text":
        print(_summary(result, len(files), options.language))
    return EXIT_CLEAN if result.package else EXIT_FOUND


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


COMMAND = Command("check", "check the files of one package together", _add_to, _run)
