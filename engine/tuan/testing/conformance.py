"""The conformance suite of promotions: what the engine relies on, tried out on one plugin with one rule text of its author."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import tuan
from tuan.domain.errors import TuanError
from tuan.plugin import Activity, Attempt, PriceRule, PromotionType, Refusal, Sku
from tuan.supervisor import PluginFault
from tuan.testing.bench import SKUS, PromotionBench
from tuan.testing.host import FakeHost
from tuan.usecases.assemble import Assembled
from tuan.usecases.claim_basket import ENGINE_COUNTERS


def check_promotion(
    plugin: PromotionType, rules: str, *, skus: Sequence[Sku] = SKUS, host: FakeHost | None = None
) -> PromotionBench:
    """Raises AssertionError that lists every fault found; returns the bench with `rules` published, to go on with.

    `rules` is a text with at least one block of the plugin, valid for the catalogue `skus` on the host's clock.
    """
    bench = PromotionBench(plugin, skus=skus, host=host)
    faults: list[str] = []
    _check_identity(plugin, faults)
    _check_blocks(plugin, bench, faults)
    _check_plans(bench, rules, faults)
    _report(plugin, faults)
    activities = bench.publish(rules)
    rules_made = {live.rule.rule_id: live.rule for found in bench.snapshot.rules_by_sku.values() for live in found}
    if not activities and not rules_made and not bench.host.rules:
        faults.append("the rules make neither an activity nor a price rule")
    for activity in activities:
        _check_activity(bench, activity, faults)
    for rule in rules_made.values():
        _check_rule(bench, rule, faults)
    _report(plugin, faults)
    return bench


def _report(plugin: PromotionType, faults: list[str]) -> None:
    if faults:
        raise AssertionError(f"{plugin.code} does not conform:\n  " + "\n  ".join(faults))


def _check_identity(plugin: PromotionType, faults: list[str]) -> None:
    if not isinstance(plugin.code, str) or not plugin.code.isidentifier():
        faults.append(f"code {plugin.code!r} is not an identifier")
    package = type(plugin).__module__.partition(".")[0]
    if package.startswith("tuan_") and package != f"tuan_{plugin.code}":
        faults.append(f"it lives in the package {package}; start-up wants tuan_{plugin.code}")
    major, minor = (int(part) for part in tuan.__version__.split(".")[:2])
    if (major, minor) not in plugin.engine:
        faults.append(f"it was written for engines {plugin.engine}, this is {tuan.__version__}")


def _check_blocks(plugin: PromotionType, bench: PromotionBench, faults: list[str]) -> None:
    for schema in plugin.blocks():
        if not schema.doc or not all(field.doc for field in schema.fields):
            faults.append(f"block {schema.name}: the block or one of its fields has no doc")
        if not schema.example:
            faults.append(f"block {schema.name} has no example")
            continue
        errors = bench.check(schema.example).errors
        faults += [f"block {schema.name}: its own example is refused: {error.message_en}" for error in errors]


def _check_plans(bench: PromotionBench, rules: str, faults: list[str]) -> None:
    first, second = bench.plans(rules), bench.plans(rules)
    if [plan for *_, plan in first] != [plan for *_, plan in second]:
        faults.append("plan() makes something else of the same block and context: republishing would not be idempotent")
    for _, block, plan in first:
        keys = [activity.key for activity in plan.activities]
        if len(set(keys)) != len(keys):
            faults.append(f"{block.label}: two activities have the same key")
        for item in plan.activities:
            where = f"{block.label}/{item.key}"
            _check_json(where, item.config, faults)
            if not item.start_time_ms < item.end_time_ms:
                faults.append(f"{where}: ends at or before its start")
            if not 0 <= item.provision_time_ms <= item.start_time_ms:
                faults.append(f"{where}: takes its stock after its start")
            if any(not 0 <= share.sale_numerator <= share.sale_denominator for share in item.stock):
                faults.append(f"{where}: a stock share of more than all, or less than nothing")
            if any(spec.name.startswith(ENGINE_COUNTERS) or spec.capacity < 0 for spec in item.counters):
                faults.append(f"{where}: a counter that is the engine's own, or below zero")
        for rule in plan.price_rules:
            _check_json(rule.rule_id, rule.config, faults)


def _check_json(where: str, config: dict[str, Any], faults: list[str]) -> None:
    """Configs live in the record as JSON: what does not come back the same is another config after a restart."""
    try:
        same = json.loads(json.dumps(config)) == config
    except (TypeError, ValueError) as error:
        faults.append(f"{where}: its config is not JSON: {error}")
        return
    if not same:
        faults.append(f"{where}: its config changes when it is stored as JSON (tuples become lists, keys become text)")


def _check_activity(bench: PromotionBench, activity: Activity, faults: list[str]) -> None:
    live = bench.snapshot.activities[activity.activity_id]
    again = live.promotion.prepare(json.loads(json.dumps(activity.config)))
    for sku in [share.sku for share in activity.stock if share.sku in bench.snapshot.skus] or list(bench.snapshot.skus):
        for now_ms in (
            activity.start_time_ms - 1,
            activity.start_time_ms,
            activity.end_time_ms - 1,
            activity.end_time_ms,
        ):
            attempt = bench.attempt((sku, 2), activity=activity, now_ms=now_ms)
            where = f"{activity.activity_id}, {sku} at {now_ms}"
            prepared = (live.prepared, again)
            answers = [_answer_of(live.promotion.admit, attempt, activity, value, where, faults) for value in prepared]
            if answers[0] != answers[1]:
                faults.append(f"{where}: admit answers differently after its config was stored and read again")
            quote = bench.try_place(attempt, admit=False)
            if isinstance(quote, PluginFault):
                faults.append(f"{where}: terms: {quote.__cause__!r}")
            elif isinstance(quote, Assembled) and quote != bench.try_place(attempt, admit=False):
                faults.append(f"{where}: terms answers differently when asked again")


def _answer_of(
    admit: Callable[[Attempt, Activity, Any], object],
    attempt: Attempt,
    activity: Activity,
    prepared: Any,
    where: str,
    faults: list[str],
) -> object:
    """A refusal, None, or the message of an error that the promotion may raise."""
    try:
        answer = admit(attempt, activity, prepared)
    except TuanError as error:
        return error.message
    except Exception as error:  # whatever it is, it goes into the list of faults
        faults.append(f"{where}: admit raised {error!r}")
        return None
    if answer is not None and not isinstance(answer, Refusal):
        faults.append(f"{where}: admit answered {answer!r}")
    return answer


def _check_rule(bench: PromotionBench, rule: PriceRule, faults: list[str]) -> None:
    skus = rule.skus or tuple(bench.snapshot.skus)
    for now_ms in (rule.start_time_ms, rule.end_time_ms - 1):
        for quantity in (1, 2, 3, 1_000_000):
            attempt = bench.attempt(*((sku, quantity) for sku in skus), now_ms=max(0, now_ms))
            first, second = bench.try_place(attempt, admit=False), bench.try_place(attempt, admit=False)
            where = f"{rule.rule_id}, {quantity} of each at {now_ms}"
            if isinstance(first, PluginFault):
                faults.append(f"{where}: propose: {first.__cause__!r}")
            elif isinstance(first, Assembled) and first != second:
                faults.append(f"{where}: propose answers differently when asked again")
