"""A merchant who is careful with a new version: drafted, shadowed, tried on a few buyers, simulated, activated and rolled back."""

from __future__ import annotations

from tests.contract.api.wire import stream
from tests.contract.api.world import World, until
from tuan_api.v1 import order_pb2, ruleset_difference_pb2
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1 import ruleset_pb2 as rs
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.money_pb2 import Money
from tuan_api.v1.pricing_pb2 import QuoteRequest

RULES = """package "tests.stages" {{ version = "1.0.0"  zone = "UTC"  currency = "GBP" }}
stack "line" {{ phase = line_discount  scope = line  pick = best_for_buyer  base = running }}
price "off" {{ on = line.sku in ["S3"]  give = off({percent}%)  stack = stack "line" }}
test "a tenth or more" {{ at = 2027-02-11  given = {{ lines: [ {{ sku: "S3", list: £10.00 }} ] }}  expect {{ applied = [price "off"] }} }}
"""


def _files(percent: int) -> list[rs.RuleFile]:
    return [rs.RuleFile(name="off.tuan", text=RULES.format(percent=percent))]


def _publish(world: World, percent: int, **fields: int) -> rs.Ruleset:
    request = r.PublishRulesRequest(request_id=world.new_id(), files=_files(percent), **fields)  # type: ignore[arg-type]
    return world.ok("RuleService.PublishRules", request).ruleset  # type: ignore[no-any-return]


def _promote(world: World, ruleset: rs.Ruleset, stage: int, **fields: int) -> rs.Ruleset:
    request = r.PromoteRulesetRequest(
        request_id=world.new_id(),
        ruleset_hash=ruleset.ruleset_hash,
        stage=stage,  # type: ignore[arg-type]
        **fields,
    )
    return world.ok("RuleService.PromoteRuleset", request).ruleset  # type: ignore[no-any-return]


def _place(world: World, buyer: str = "careful") -> str:
    request = world.order("S3", quantity=2, currency_code="GBP", buyer_id=buyer)
    return str(world.ok("OrderService.PlaceOrder", request).result.placed.order_id)


def test_a_version_goes_from_draft_to_active_and_back(world: World) -> None:
    """Goal: each stage does what it says, and its figures are right. Method: two versions over the socket."""
    old = _publish(world, 10)
    new = _publish(world, 20, stage=rs.RULESET_STATE_DRAFT)
    assert (old.state, new.state) == (rs.RULESET_STATE_ACTIVE, rs.RULESET_STATE_CHECKED)
    assert old.HasField("activate_time")
    assert not new.HasField("activate_time")
    _promote(world, new, rs.RULESET_STATE_SHADOW)
    order_id = _place(world)
    report = r.GetShadowReportRequest(ruleset_hash=new.ruleset_hash)
    until(lambda: len(world.ok("RuleService.GetShadowReport", report).totals) == 1, "the shadow's totals are written")
    [total] = world.ok("RuleService.GetShadowReport", report).totals
    assert (total.orders, total.cheaper, total.dearer, total.failed, total.dropped) == (1, 1, 0, 0, 0)
    assert (total.live_total.amount_minor, total.shadow_total.amount_minor) == (63_00, 56_00)
    canary = _promote(world, new, rs.RULESET_STATE_CANARY, canary_percent=1)
    assert (canary.state, canary.canary_percent) == (rs.RULESET_STATE_CANARY, 1)
    assert _promote(world, new, rs.RULESET_STATE_ACTIVE).state == rs.RULESET_STATE_ACTIVE
    listed = world.ok(
        "RuleService.ListRulesets",
        r.ListRulesetsRequest(package="tests.stages", states=[rs.RULESET_STATE_ACTIVE, rs.RULESET_STATE_CANARY]),
    ).rulesets
    assert [each.ruleset_hash for each in listed] == [new.ruleset_hash]
    back = world.ok(
        "RuleService.RollbackRules", r.RollbackRulesRequest(request_id=world.new_id(), package="tests.stages")
    )
    assert (back.ruleset.ruleset_hash, back.ruleset.state) == (old.ruleset_hash, rs.RULESET_STATE_ACTIVE)
    order = world.ok("OrderService.GetOrder", order_pb2.GetOrderRequest(order_id=order_id)).order
    assert order.ruleset_hash.endswith(old.ruleset_hash)


def test_prices_are_explained(world: World) -> None:
    """Goal: every cent has its reason, in both languages. Method: a cart and an order, and rules that did not count."""
    ruleset = _publish(world, 30)
    cart = QuoteRequest(
        currency_code="GBP",
        lines=[CartLine(sku="S3", quantity=3)],
        shipping=Money(currency_code="GBP", amount_minor=5_00),
    )
    asked = ["tests.stages/price/off", "tests.stages/price/none"]
    answer = world.ok("RuleService.ExplainPrice", r.ExplainPriceRequest(cart=cart, why_not=asked, language="zh"))
    assert answer.reproduced
    assert answer.ruleset_hash.endswith(ruleset.ruleset_hash)
    assert (answer.list_total.amount_minor, answer.total.amount_minor) == (110_00, 78_50)
    [step] = answer.steps
    assert (step.rule_id, step.before_minor, step.off_minor, step.after_minor) == (asked[0], 105_00, 31_50, 73_50)
    assert (step.exact_off.numerator, step.exact_off.denominator) == (3150, 1)
    assert [each.WhichOneof("answer") for each in answer.why_not] == ["counted", "unknown"]
    assert any("应付" in line for line in answer.text)
    order = r.ExplainPriceRequest(order_id=_place(world))
    _publish(world, 31)
    explained = world.ok("RuleService.ExplainPrice", order)
    assert explained.reproduced
    assert (explained.total.amount_minor, explained.steps[0].off_minor) == (49_00, 21_00)
    foreign = world.call("RuleService.ExplainPrice", order, key=world.theirs)
    assert foreign.reason == "ORDER_NOT_FOUND"


def test_what_differs_is_said(world: World) -> None:
    """Goal: a reviewer reads what a version changes. Method: a published one against another, and against files, in Chinese."""
    one, two = (_publish(world, percent) for percent in (40, 41))
    by_hash = r.DiffRulesetsRequest(before_hash=one.ruleset_hash, after_hash=two.ruleset_hash)
    answer = world.ok("RuleService.DiffRulesets", by_hash)
    [change] = answer.changes
    assert (change.change, list(change.path)) == (ruleset_difference_pb2.CHANGE_KIND_CHANGED, ['price "off"'])
    [field] = change.fields
    assert (field.name, field.before, field.after) == ("give", "off(40%)", "off(41%)")
    by_files = r.DiffRulesetsRequest(before_hash=one.ruleset_hash, files=_files(41), language="zh")
    assert "修改" in world.ok("RuleService.DiffRulesets", by_files).text
    same = r.DiffRulesetsRequest(before_hash=one.ruleset_hash, files=_files(40))
    assert not world.ok("RuleService.DiffRulesets", same).changes


def test_a_backtest_streams_its_progress_and_ends_with_a_report(world: World) -> None:
    """Goal: totals over recorded orders, in money. Method: two orders in pounds by what they cost, and half of it."""
    _publish(world, 50)
    for _ in range(2):
        _place(world, "tester")
    request = r.SimulateRulesRequest(files=_files(10))
    steps = list(stream(world.channel, "RuleService.SimulateRules", request, world.mine))
    report = steps[-1].report
    assert all(step.HasField("progress") for step in steps[:-1])
    assert report.currency_code == "GBP"
    assert report.orders >= 2
    assert report.dearer >= 2
    assert report.simulated_total.amount_minor > report.live_total.amount_minor
    limited = r.SimulateRulesRequest(files=_files(10), orders_max=1)
    [*_, last] = stream(world.channel, "RuleService.SimulateRules", limited, world.mine)
    assert (last.report.orders, last.report.truncated) == (1, True)
