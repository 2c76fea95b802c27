"""`tuan rules ACTION ...`: what `tuan-rules` does, with the installed plugins' vocabulary, and publication to a running engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tuan import settings as settings_module
from tuan.domain.errors import Reason, TuanError
from tuan.registry import discover
from tuan.server.cli import rulesets
from tuan.server.cli.online import admin_client, new_request_id
from tuan_client.errors import RulesInvalid
from tuan_rules import SourceFile, Vocabulary, check, render_text
from tuan_rules.cli import COMMANDS
from tuan_rules.cli.command import read_files

_PUBLISH = "check, then make the package the active version of the running engine, or take it as far as --stage says"


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for command in COMMANDS:
        action = actions.add_parser(command.name, help=command.help, description=command.help)
        command.add_to(action)
        action.set_defaults(run=partial(_diff if command.name == "diff" else _run, command.run))
    rulesets.add_to(actions)
    publish = actions.add_parser("publish", help=_PUBLISH, description=_PUBLISH)
    publish.add_argument("files", nargs="+", metavar="FILE", help="the files of one package")
    publish.add_argument("--stage", choices=rulesets.STAGES, default="active", help="how far it is to go (active)")
    rulesets.add_percent(publish)
    publish.add_argument("--lang", "--language", dest="language", choices=("en", "zh"), default="en")
    publish.set_defaults(run=run_publish)


def _run(command: Callable[[argparse.Namespace, Vocabulary], int], options: argparse.Namespace) -> int:
    """Run a tool of the language with the plugins that this engine would load. Raises TuanError for bad usage."""
    try:
        return command(options, discover().vocabulary())
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error


def _diff(command: Callable[[argparse.Namespace, Vocabulary], int], options: argparse.Namespace) -> int:
    """Of files, or of what is published where the first is the hash of it."""
    is_file = Path(options.before).exists()
    return rulesets.run_diff(options) if rulesets.is_hash(options.before) and not is_file else _run(command, options)


def run_publish(options: argparse.Namespace) -> int:
    sources = _read(options.files)
    result = check(sources, discover().vocabulary())
    if result.diagnostics:
        print(render_text(result.diagnostics, sources, language=options.language, color=sys.stdout.isatty()))
    if result.package is None:
        return 1
    package = result.package
    print(f"{package.name} {package.version}: {len(package.blocks)} blocks, ruleset {package.ruleset_hash}")
    files = rulesets.rule_files(sources)
    with admin_client(settings_module.load()) as client:
        try:
            stage = rulesets.stage_of(options.stage)
            answer = client.rules.publish_rules(
                files, stage, options.percent, options.language, request_id=new_request_id("publish")
            )
        except RulesInvalid:
            # What the files say is right in itself, but not with this engine's goods: the engine lists all of it.
            for found in client.rules.check_rules(files, options.language).diagnostics:
                print(rulesets.diagnostic_line(found))
            return 1
    told = {(found.code, found.span.file, found.span.line, found.span.column) for found in result.diagnostics}
    # What keeps a draft back, and what this engine does not run.
    untold = [
        found
        for found in answer.diagnostics
        if (found.code, found.span.file, found.span.start_line, found.span.start_column) not in told
    ]
    rulesets.print_published(answer.ruleset, answer.activity_ids, untold)
    return 0


def _read(names: list[str]) -> list[SourceFile]:
    """Each file once, in the order given. Raises InvalidValue for one that is not UTF-8."""
    try:
        return read_files(names)
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error
