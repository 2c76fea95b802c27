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
from tuan.server.cli.online import admin_client, new_request_id
from tuan_client.errors import RulesInvalid
from tuan_client.values.rules import RuleFile
from tuan_rules import SourceFile, Vocabulary, check, render_text, standard_vocabulary
from tuan_rules.cli import COMMANDS
from tuan_rules.cli.command import read_files

_PUBLISH = "check, then make the package the active version of the running engine"


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for command in COMMANDS:
        action = actions.add_parser(command.name, help=command.help, description=command.help)
        command.add_to(action)
        action.set_defaults(run=partial(_run, command.run))
    publish = actions.add_parser("publish", help=_PUBLISH, description=_PUBLISH)
    publish.add_argument("files", nargs="+", metavar="FILE", help="the files of one package")
    publish.add_argument("--lang", "--language", dest="language", choices=("en", "zh"), default="en")
    publish.set_defaults(run=run_publish)


def _run(command: Callable[[argparse.Namespace, Vocabulary], int], options: argparse.Namespace) -> int:
    """Run a tool of the language with the plugins that this engine would load. Raises TuanError for bad usage."""
    try:
        return command(options, standard_vocabulary(discover().block_schemas()))
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error


def run_publish(options: argparse.Namespace) -> int:
    sources = _read(options.files)
    result = check(sources, standard_vocabulary(discover().block_schemas()))
    if result.diagnostics:
        print(render_text(result.diagnostics, sources, language=options.language, color=sys.stdout.isatty()))
    if result.package is None:
        return 1
    package = result.package
    print(f"{package.name} {package.version}: {len(package.blocks)} blocks, ruleset {package.ruleset_hash}")
    files = [RuleFile(Path(source.name).name, source.text) for source in sources]
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


def _read(names: list[str]) -> list[SourceFile]:
    """Each file once, in the order given. Raises InvalidValue for one that is not UTF-8."""
    try:
        return read_files(names)
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error
