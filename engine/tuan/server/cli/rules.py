"""`tuan rules check|publish FILE...`: check rule files with the installed plugins' vocabulary, or make them the active version."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tuan import settings as settings_module
from tuan.domain.errors import Reason, TuanError
from tuan.registry import discover
from tuan.server.cli.online import admin_client, new_request_id
from tuan_client.errors import RulesInvalid
from tuan_client.values.rules import RuleFile
from tuan_rules import SourceFile, Vocabulary, check, render_text


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, runner, text in (
        ("check", run_check, "find every mistake; needs no running engine"),
        ("publish", run_publish, "check, then make the package the active version of the running engine"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the files of one package")
        action.add_argument("--language", choices=("en", "zh"), default="en", help="of the messages")
        action.set_defaults(run=runner)


def run_check(options: argparse.Namespace) -> int:
    sources = _read(options.files)
    result = check(sources, Vocabulary(discover().block_schemas()))
    if result.diagnostics:
        print(render_text(result.diagnostics, sources, language=options.language, color=sys.stdout.isatty()))
    if result.package is None:
        return 1
    print(
        f"{result.package.name} {result.package.version}: {len(result.package.blocks)} blocks, ruleset {result.package.ruleset_hash}"
    )
    return 0


def _read(paths: Sequence[Path]) -> list[SourceFile]:
    """Each file once, in the order given. Raises InvalidValue for one that is not UTF-8."""
    try:
        return [SourceFile.read(path) for path in dict.fromkeys(paths)]
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error


def run_publish(options: argparse.Namespace) -> int:
    status = run_check(options)
    if status:
        return status
    files = [RuleFile(Path(source.name).name, source.text) for source in _read(options.files)]
    with admin_client(settings_module.load()) as client:
        try:
            answer = client.rules.publish_rules(files, request_id=new_request_id("publish"))
        except RulesInvalid:
            # What the files say is right in itself, but not with this engine's goods: the engine lists all of it.
            for found in client.rules.check_rules(files).diagnostics:
                where = f"{found.span.file}:{found.span.start_line}:{found.span.start_column}"
                print(f"{found.severity.name.lower()}[{found.code}]: {where}: {found.message}")
            return 1
    print(f"published {answer.ruleset.ruleset_hash}")
    for activity_id in answer.activity_ids:
        print(f"activity {activity_id}")
    return 0
