"""A merchant whose rules are more than prices: every example goes live over gRPC, gates and risk rules stop orders, the rest is told.

Method: an engine of their own, since what they publish is about every order; its clock stands before the examples' campaigns.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from tests.contract.api.live import LiveEngine, built_in_plugins
from tests.contract.api.wire import stream
from tests.contract.api.world import ALL_SCOPES, World
from tuan_api.v1 import catalogue_pb2
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1.diagnostic_pb2 import SEVERITY_WARNING
from tuan_api.v1.fact_pb2 import Fact
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.money_pb2 import Money
from tuan_api.v1.pricing_pb2 import QuoteRequest
from tuan_api.v1.ruleset_pb2 import RULESET_STATE_ACTIVE, RuleFile
from tuan_client.values import RefusalKind
from tuan_client.values.order import Refusal
from tuan_rules import CheckedPackage, SkuSet, SourceFile, check

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "rules" / "examples").glob("*.tuan"))
#: 2026-11-01, before the first of their campaigns.
BEGIN_MS = 1_793_491_200_000
LIST_MINOR = 500_000
#: To close the sessions of a whole season takes ten seconds; those examples go together with the others.
SESSIONS_MANY = 50
#: What is kept of an example though nobody runs it: blocks (TR-404), rules about events that nobody asks about (TR-405).
UNHEARD = {
    "choujiang-pintuan": {"TR-405"},
    "spring-fresh": {"TR-404", "TR-405"},
    "zhongwen-pintuan": {"TR-404", "TR-405"},
}
PACKAGE = 'package "tests.{name}" {{ version = "1.0.0"  zone = "UTC"  currency = "{currency}" }}\n'
GATE = """gate "no-fresh-abroad" {
  on = line.category under "fresh"  when = (buyer.region ?? "") in ["HK", "MO"]
  message = { zh: "该地区暂不配送", en: "We do not deliver there" }  code = "G-101"
}
gate "adults" { when = buyer.level < 1  message = "Members only"  code = "G-102"  missing = refuse }
"""
RISK = """risk "known-bad" {
  on = [order.place]  when = (buyer.credit ?? 100) < 40  verdict = deny(code: "R-201")  missing = allow
}
"""
SHARE = """commission "share" {
  when = referral.age is set  base = line.paid  settle = monthly(day: 10, after: 7d)  cap = ¥3.00 per order
  level 1 { rate = 8% }
}
"""


class _Clock:
    def __init__(self) -> None:
        self._ahead_ms = BEGIN_MS - time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead_ms


@pytest.fixture(scope="module")
def packages() -> dict[Path, CheckedPackage]:
    vocabulary = built_in_plugins().vocabulary()
    checked = {path: check([SourceFile.read(path)], vocabulary).package for path in EXAMPLES}
    return {path: package for path, package in checked.items() if package is not None}


@pytest.fixture(scope="module")
def shop(packages: Mapping[Path, CheckedPackage]) -> Iterator[World]:
    """Goods for every example: what its sales name, at a list price that none of their prices is above."""
    with patch("tuan.server.engine.SystemClock", _Clock), LiveEngine() as live:
        world = World(live, live.channel())
        world.mine = world.key_for("mine", ALL_SCOPES)
        request = catalogue_pb2.ImportProductsRequest(request_id=world.new_id())
        for sku, (category, currency) in {**_goods(packages), "fruit": ("fresh/fruit", "CNY")}.items():
            product = request.products.add(product_id=f"P-{sku}", title=sku, category=category)
            product.skus.add(sku=sku, list_price=Money(currency_code=currency, amount_minor=LIST_MINOR))
            request.stock.add(sku=sku, warehouse="W1", quantity=1_000)
        assert not world.ok("CatalogueService.ImportProducts", request).rejections
        yield world


def _goods(packages: Mapping[Path, CheckedPackage]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for package in packages.values():
        for value in (value for block in package.blocks for value in block.values.values()):
            if isinstance(value, SkuSet):
                found |= dict.fromkeys(value.skus, ("goods", package.currency))
                found |= {
                    f"{category.replace('/', '-')}-1-{package.currency}": (category, package.currency)
                    for category in value.categories
                }
    return found


def _publish(world: World, text: str, language: str = "") -> r.PublishRulesResponse:
    request = r.PublishRulesRequest(request_id=world.new_id(), language=language)
    request.files.add(name="shop.tuan", text=text)
    return world.ok("RuleService.PublishRules", request)  # type: ignore[no-any-return]


@pytest.fixture
def published(shop: World) -> Iterator[World]:
    """A gate, a risk rule and a commission, out of force again when the test is over."""
    head = PACKAGE.format(name="beside", currency="CNY")
    _publish(shop, head + GATE + RISK + SHARE)
    yield shop
    _publish(shop, head)


def _quote(**fields: object) -> QuoteRequest:
    lines = [CartLine(sku="S1001", quantity=1), CartLine(sku="fruit", quantity=2)]
    return QuoteRequest(**{"currency_code": "CNY", "lines": lines, "facts": [LEVEL], **fields})  # type: ignore[arg-type]


LEVEL = Fact(name="buyer.level", number=2)


def test_every_example_goes_live(shop: World, packages: Mapping[Path, CheckedPackage]) -> None:
    """Goal: what `tuan-rules check` accepts, a running engine publishes. Method: each example in turn, with goods for it; its warnings
    are about the blocks that no plugin runs, and nothing else."""
    assert len(packages) == len(EXAMPLES) >= 10
    for path, package in packages.items():
        answer = _publish(shop, path.read_text(encoding="utf-8"))
        assert answer.ruleset.state == RULESET_STATE_ACTIVE, path.name
        assert answer.ruleset.ruleset_hash == package.ruleset_hash
        unheard = {found.code for found in answer.diagnostics} - {"TR-507", "TR-508", "TR-509"}
        assert unheard == UNHEARD.get(path.stem, set()), path.name
        if path.stem == "spring-fresh":
            assert answer.activity_ids
            kept = [found.message.partition(" is kept")[0] for found in answer.diagnostics if found.code == "TR-404"]
            assert kept == ['commission "share"']
        if len(answer.activity_ids) > SESSIONS_MANY:
            continue
        # Out of the way of the next: examples were not written to be in force together.
        _publish(
            shop, f'package "{package.name}" {{ version = "0.0.0"  zone = "UTC"  currency = "{package.currency}" }}'
        )


def test_a_gate_stops_orders_and_quotes(published: World) -> None:
    """Goal: the buyer reads why, in either language, and the caller's program knows which gate. Method: an order and a quote from where
    nothing fresh goes, and a batch in which others pass."""
    lines = [CartLine(sku="S1001", quantity=1), CartLine(sku="fruit", quantity=2)]
    refused = published.order(region="HK", lines=lines, facts=[LEVEL])
    missing = published.order(sku="S1001")
    passed = published.order(region="SH", lines=lines, facts=[LEVEL])
    batch = o.BatchPlaceOrdersRequest(requests=[refused, missing, passed])
    first, second, third = published.ok("OrderService.BatchPlaceOrders", batch).results
    gate = Refusal.from_message(first.refusal)
    assert gate.kind is RefusalKind.GATE_REFUSED and gate.message == "该地区暂不配送"
    assert gate.gate is not None and gate.gate.translations["en"] == "We do not deliver there"
    assert (gate.gate.rule_id, gate.gate.code) == ("tests.beside/gate/no-fresh-abroad", "G-101")
    assert (gate.gate.line_indexes, gate.gate.missing_fact) == ((1,), "")
    assert (second.refusal.gate.code, second.refusal.gate.missing_fact) == ("G-102", "buyer.level")
    assert third.HasField("placed")
    outcome = published.call("PricingService.Quote", _quote(region="MO"))
    assert (outcome.status, outcome.reason, outcome.message) == (
        "FAILED_PRECONDITION",
        "GATE_REFUSED",
        "该地区暂不配送",
    )
    assert outcome.metadata["message_en"] == "We do not deliver there"
    assert (outcome.metadata["code"], outcome.metadata["line_indexes"]) == ("G-101", "1")
    assert published.call("PricingService.Quote", _quote(region="SH")).status == "OK"


def test_an_explanation_tells_gates_and_commissions(published: World) -> None:
    """Goal: who is asked why not, and who asks what a distributor would earn, sees it. Method: a cart that a gate refuses, with a
    referrer; in Chinese and English."""
    sent = [Fact(name="referral.user", text="d-1"), Fact(name="referral.age", time_lag=Duration(seconds=86_400))]
    cart = _quote(region="HK", facts=[LEVEL, *sent])
    for language, message in (("en", "We do not deliver there"), ("zh", "该地区暂不配送")):
        request = r.ExplainPriceRequest(cart=cart, language=language)
        answer = published.ok("RuleService.ExplainPrice", request)
        assert [(gate.code, gate.message) for gate in answer.gates] == [("G-101", message)]
        assert any(message in line for line in answer.text)
    assert answer.total.amount_minor == 3 * LIST_MINOR
    earned = [(each.earner_id, each.level, each.line_index, each.amount_minor) for each in answer.commissions]
    assert earned == [("d-1", 1, 0, 1_00), ("d-1", 1, 1, 2_00)]
    assert {each.capped_per for each in answer.commissions} == {"order"}
    assert (answer.commissions[0].rate.numerator, answer.commissions[0].rate.denominator) == (2, 25)


def test_a_risk_rule_denies_orders(published: World) -> None:
    """Goal: what the merchant publishes counts like a checker's verdict. Method: buyers of bad, good and unknown credit."""
    for credit, denied in ((39, True), (40, False), (None, False)):
        facts = [LEVEL, *([] if credit is None else [Fact(name="buyer.credit", number=credit)])]
        result = published.ok("OrderService.PlaceOrder", published.order("S1001", facts=facts)).result
        assert result.HasField("refusal") is denied, credit
        if denied:
            assert (result.refusal.kind, result.refusal.limit) == (o.REFUSAL_KIND_RISK_DENIED, "R-201")


def test_a_simulation_counts_what_a_gate_would_have_refused(shop: World) -> None:
    """Goal: a merchant sees before publishing whom a gate turns away, and what distributors would earn. Method: orders without the gate,
    one of them with a referrer, then a backtest with it."""
    head = PACKAGE.format(name="before", currency="CNY")
    _publish(shop, head + SHARE)
    start = Timestamp()
    start.FromMilliseconds(shop.live.engine.clock.now_ms())
    sent = [Fact(name="referral.user", text="d-1"), Fact(name="referral.age", time_lag=Duration(seconds=60))]
    for region, facts in (("SH", sent), ("HK", []), ("HK", [])):
        shop.get(shop.place("fruit", region=region, facts=[LEVEL, *facts]))  # SQL knows it, then
    request = r.SimulateRulesRequest(start_time=start)
    request.files.add(name="gate.tuan", text=head + GATE + SHARE)
    *_, last = stream(shop.channel, "RuleService.SimulateRules", request, shop.mine)
    report, rules = last.report, {each.rule_id: each for each in last.report.rules}
    assert (report.orders, report.refused) == (3, 2)
    assert rules["tests.before/gate/no-fresh-abroad"].simulated_refused == 2
    share = rules["tests.before/commission/share"]
    assert (share.simulated_orders, share.simulated_commission_minor, share.simulated_off_minor) == (1, 3_00, 0)
    assert report.live_total == report.simulated_total
    _publish(shop, head)


def test_what_nothing_runs_is_told_in_both_languages(shop: World) -> None:
    """Goal: nobody believes that a block works which does not. Method: a share reward, and a rule that counts, checked and published."""
    text = PACKAGE.format(name="unheard", currency="CNY") + (
        'share_reward "daily" { reward = points(10)  limit = 50 per buyer per 24h }\n'
        'gate "many" { when = count(join) by device within 10min > 20  message = "Later"  code = "G-1"  missing = pass }\n'
    )
    files = [RuleFile(name="shop.tuan", text=text)]
    checked = shop.ok("RuleService.CheckRules", r.CheckRulesRequest(files=files))
    assert checked.publishable
    assert [(each.code, each.severity) for each in checked.diagnostics] == [
        ("TR-404", SEVERITY_WARNING),
        ("TR-406", SEVERITY_WARNING),
    ]
    answer = _publish(shop, text, "zh")
    assert "不起作用" in answer.diagnostics[0].message and "放行所有订单" in answer.diagnostics[1].message
    stored = shop.ok("RuleService.GetRuleset", r.GetRulesetRequest(ruleset_hash=answer.ruleset.ruleset_hash)).ruleset
    assert stored.files[0].text == text
    shop.place("S1001", facts=[LEVEL])
    _publish(shop, PACKAGE.format(name="unheard", currency="CNY"))
