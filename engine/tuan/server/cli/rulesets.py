"""`tuan rules ACTION ...` on the rulesets of a running engine: stages, versions, differences, backtests, reports, explanations."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tuan import settings as settings_module
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.server.cli.online import admin_client, new_request_id
from tuan_client.values.money import Money
from tuan_client.values.rules import (
    Diagnostic,
    RuleFile,
    Ruleset,
    RulesetState,
    SimulationReport,
)
from tuan_rules.cli.command import EXIT_CLEAN, EXIT_FOUND, add_language, read_files, read_package
from tuan_rules.currencies import shown_money as shown
from tuan_rules.source import SourceFile

STAGES = ("draft", "shadow", "canary", "active")
_HASH = re.compile(r"[0-9a-f]{64}")
_DAYS = 7
#: A backtest may take minutes; its stream states no deadline of its own.
_PATIENCE_S = 600.0


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add what works on published rulesets beside the tools for files."""
    promote = _action(actions, "promote", run_promote, "take a published ruleset to another stage")
    promote.add_argument("ruleset_hash", metavar="HASH")
    promote.add_argument("stage", choices=("shadow", "canary", "active", "retired"))
    add_percent(promote)
    add_language(promote)
    rollback = _action(actions, "rollback", run_rollback, "make the version active again that was so before")
    rollback.add_argument("package", metavar="PACKAGE")
    rollback.add_argument("ruleset_hash", metavar="HASH", nargs="?", default="", help="this one instead")
    add_language(rollback)
    versions = _action(actions, "versions", run_versions, "list what was published, the newest first")
    versions.add_argument("package", metavar="PACKAGE", nargs="?", default="")
    simulate = _action(actions, "simulate", run_simulate, "what recorded orders would have cost by other rules")
    simulate.add_argument("what", nargs="+", metavar="HASH|FILE", help="a published ruleset, or the files of a package")
    simulate.add_argument("--days", type=int, default=_DAYS, help=f"orders of so many days until now ({_DAYS})")
    simulate.add_argument("--orders-max", type=int, default=0, help="at most so many (100,000)")
    report = _action(actions, "shadow-report", run_shadow_report, "what a shadow has made of the orders since")
    report.add_argument("ruleset_hash", metavar="HASH")
    explain = _action(actions, "explain-order", run_explain_order, "why an order cost what it cost")
    explain.add_argument("order_id", metavar="ORDER")
    explain.add_argument(
        "--why-not", action="append", default=[], metavar="RULE", help="and why this rule did not count"
    )
    add_language(explain)


def add_percent(parser: argparse.ArgumentParser) -> None:
    """Of a canary."""
    parser.add_argument("--percent", type=int, default=0, metavar="N", help="of a canary: for so many of 100 buyers")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=f"{text}, of a running engine", description=f"{text}, of a running engine")
    parser.set_defaults(run=run)
    return parser


def is_hash(text: str) -> bool:
    """Whether it is the name of a ruleset."""
    return _HASH.fullmatch(text) is not None


def stage_of(name: str) -> RulesetState:
    return RulesetState[name.upper()]


def run_promote(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        answer = client.rules.promote_ruleset(
            options.ruleset_hash,
            stage_of(options.stage),
            options.percent,
            options.language,
            request_id=new_request_id("promote"),
        )
    print_published(answer.ruleset, answer.activity_ids, answer.diagnostics)
    return EXIT_CLEAN


def run_rollback(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        answer = client.rules.rollback_rules(
            options.package, options.ruleset_hash, options.language, request_id=new_request_id("rollback")
        )
    print_published(answer.ruleset, answer.activity_ids, answer.diagnostics)
    return EXIT_CLEAN


def run_versions(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        for each in client.rules.list_rulesets(options.package):
            print(
                f"{each.ruleset_hash} {_stage(each):10} {each.publish_time:%Y-%m-%d %H:%M} {each.package} {each.version}"
            )
    return EXIT_CLEAN


def run_diff(options: argparse.Namespace) -> int:
    """Of a published version to another, or to files. Exit status 0: the same rules, 1: they differ."""
    after, files = (options.after, ()) if is_hash(options.after) else ("", rule_files(read_package(options.after)))
    with admin_client(settings_module.load()) as client:
        answer = client.rules.diff_rulesets(options.before, after, files, options.language)
    print(answer.text)
    return EXIT_FOUND if answer.changes else EXIT_CLEAN


def run_simulate(options: argparse.Namespace) -> int:
    published = len(options.what) == 1 and is_hash(options.what[0])
    ruleset_hash = options.what[0] if published else ""
    files = () if published else rule_files(_read(options.what))
    if options.days < 1:
        raise InvalidValue("--days", f"{options.days}; give 1 or more")
    end = datetime.now(UTC)
    with admin_client(settings_module.load(), _PATIENCE_S) as client:
        steps = client.rules.simulate_rules(
            ruleset_hash, files, end - timedelta(days=options.days), end, orders_max=options.orders_max
        )
        for step in steps:
            if step.progress is not None:
                print(f"{step.progress.orders} orders ...", file=sys.stderr)
            if step.report is not None:
                _print_report(step.report)
    return EXIT_CLEAN


def run_shadow_report(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        answer = client.rules.get_shadow_report(options.ruleset_hash)
    print(f"{answer.ruleset.ruleset_hash} {_stage(answer.ruleset)} {answer.ruleset.package} {answer.ruleset.version}")
    for each in answer.totals:
        print(_compared(each.live_total, each.shadow_total))
        print(
            f"  orders {each.orders}, cheaper {each.cheaper}, dearer {each.dearer}, failed {each.failed}, dropped {each.dropped}"
        )
    if not answer.totals:
        print("no order was placed since")
    return EXIT_CLEAN


def run_explain_order(options: argparse.Namespace) -> int:
    with admin_client(settings_module.load()) as client:
        answer = client.rules.explain_price(options.order_id, None, options.why_not, options.language)
    print("\n".join(answer.text))
    for each in answer.why_not:
        why = each.uncounted.message if each.uncounted is not None else "counted" if each.counted else "no such rule"
        print(f"{each.rule_id}: {why}")
    if not answer.reproduced:
        print("the rules of today's engine do not come to what was charged", file=sys.stderr)
    return EXIT_CLEAN if answer.reproduced else EXIT_FOUND


def rule_files(sources: Sequence[SourceFile]) -> tuple[RuleFile, ...]:
    return tuple(RuleFile(Path(source.name).name, source.text) for source in sources)


def print_published(ruleset: Ruleset, activity_ids: Sequence[str], diagnostics: Sequence[Diagnostic] = ()) -> None:
    """The ruleset with its stage, and what it has begun."""
    for found in diagnostics:
        print(diagnostic_line(found))
    print(f"{_stage(ruleset)} {ruleset.ruleset_hash}")
    for activity_id in activity_ids:
        print(f"activity {activity_id}")


def diagnostic_line(found: Diagnostic) -> str:
    where = f"{found.span.file}:{found.span.start_line}:{found.span.start_column}"
    return f"{found.severity.name.lower()}[{found.code}]: {where}: {found.message}"


def _stage(ruleset: Ruleset) -> str:
    percent = f" {ruleset.canary_percent} %" if ruleset.canary_percent else ""
    return f"{ruleset.state.name.lower()}{percent}"


def _print_report(report: SimulationReport) -> None:
    print(_compared(report.live_total, report.simulated_total))
    print(f"  orders {report.orders}, cheaper {report.cheaper}, dearer {report.dearer}, failed {report.failed}")
    if report.refused:
        print(f"  a gate would have refused {report.refused} of them")
    if report.truncated:
        print("  there were more orders; --orders-max says how many to look at")
    for each in report.rules:
        live, then = (shown(-minor, report.currency_code) for minor in (each.live_off_minor, each.simulated_off_minor))
        if each.simulated_refused:
            print(f"  {each.rule_id}: refuses {each.simulated_refused} orders")
        elif each.simulated_commission_minor:
            proposed = shown(each.simulated_commission_minor, report.currency_code)
            print(f"  {each.rule_id}: proposes {proposed} in {each.simulated_orders} orders")
        else:
            print(f"  {each.rule_id}: {live} in {each.live_orders} orders -> {then} in {each.simulated_orders}")
    for item in report.largest:
        live, then = (shown(minor, report.currency_code) for minor in (item.live_minor, item.simulated_minor))
        print(f"  order {item.order_id}: {live} -> {then}")


def _compared(live: Money, then: Money) -> str:
    difference = then.amount_minor - live.amount_minor
    sign = "+" if difference > 0 else ""
    amounts = [shown(minor, live.currency_code) for minor in (live.amount_minor, then.amount_minor, difference)]
    return f"{live.currency_code}: {amounts[0]} -> {amounts[1]} ({sign}{amounts[2]})"


def _read(names: Sequence[str]) -> list[SourceFile]:
    """Raises TuanError for a file that is not UTF-8."""
    try:
        return read_files(names)
    except ValueError as error:
        raise TuanError(Reason.INVALID_FIELD, str(error)) from error
