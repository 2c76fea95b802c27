"""Published risk rules at the order. Goal: they count like a checker's verdict, and cost nothing where there are none. Method: a shop."""

from __future__ import annotations

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import CALLER, TEA, Shop
from tuan.adapters.sql_record import SqlRecord
from tuan.plugin import Attempt, Refusal, RefusalKind, RiskChecker, Verdict, VerdictKind
from tuan.ports import RuleFile
from tuan.usecases.attempts import AttemptMaker
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.order_commands import Placed, PlaceResult
from tuan.usecases.pricing.fact_reader import FactReader, GivenFact
from tuan_flash_sale import block as flash_sale
from tuan_risk import block as risk
from tuan_rules.verdicts import Verdicts

WORDS = (*risk.rule_blocks(), *flash_sale.rule_blocks())


def rule(
    label: str, when: str, verdict: str, missing: str = "allow", on: str = "order.place", affects: str = ""
) -> str:
    only = f"  affects = [{affects}]" if affects else ""
    return f'risk "{label}" {{ on = [{on}]  when = {when}  verdict = {verdict}  missing = {missing}{only} }}\n'


class Checker(RiskChecker):
    """Answers what it is told."""

    code = "checker"
    kind = VerdictKind.ALLOW

    def assess(self, attempts):
        return [Verdict(self.kind, "C-1")] * len(attempts)


@pytest.fixture
def checker() -> Checker:
    return Checker()


@pytest.fixture
async def shop(record: SqlRecord, clock: FakeClock, checker: Checker) -> Shop:
    shop = Shop(record, clock, [checker], WORDS)
    await shop.open()
    return shop


def heard(result: PlaceResult) -> tuple[str, str]:
    if isinstance(result, Placed):
        return "placed", ""
    assert isinstance(result, Refusal), result
    return result.kind.value, result.limit


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (rule("a", "cart.units >= 2", 'deny(code: "R-1")'), ("risk_denied", "R-1")),
        (rule("a", "cart.units >= 2", 'challenge(code: "R-2")'), ("challenge_required", "R-2")),
        (rule("a", "cart.units >= 2", 'review(code: "R-3")'), ("placed", "")),
        (rule("a", "cart.units >= 3", 'deny(code: "R-1")'), ("placed", "")),
        (rule("a", "cart.units >= 2", 'deny(code: "R-1")', on="order.pay"), ("placed", "")),
        (rule("a", '(device.id ?? "") == "d-7"', 'deny(code: "R-4")'), ("risk_denied", "R-4")),
        (rule("a", "(device.emulated ?? true)", 'deny(code: "R-4")'), ("risk_denied", "R-4")),
    ],
    ids=["deny", "challenge", "review", "does not hold", "another event", "the engine's own fact", "optional fact"],
)
async def test_a_rule_answers_for_orders(shop: Shop, rules: str, expected: tuple[str, str]) -> None:
    """Goal: each verdict does what a checker's does. Method: one rule each, and an order of two units from one device."""
    await shop.publish(rules)
    assert heard(await shop.place("r1", (TEA, 2, ""), device="d-7")) == expected


@pytest.mark.parametrize(("missing", "expected"), [("deny", "risk_denied"), ("review", "placed"), ("allow", "placed")])
async def test_a_count_that_nobody_makes_is_what_missing_says(shop: Shop, missing: str, expected: str) -> None:
    """Goal: a rule fails as its author chose, and says so when it is published. Method: a rule that counts, three times."""
    await shop.publish(rule("a", "count(join) by device within 10min > 20", 'deny(code: "R-1")', missing))
    assert heard(await shop.place("r1"))[0] == expected


@pytest.mark.parametrize(
    ("checker_says", "rules", "expected"),
    [
        (VerdictKind.CHALLENGE, 'deny(code: "R-1")', ("risk_denied", "R-1")),
        (VerdictKind.DENY, 'challenge(code: "R-1")', ("risk_denied", "C-1")),
        (VerdictKind.CHALLENGE, 'review(code: "R-1")', ("challenge_required", "C-1")),
        (VerdictKind.REVIEW, 'challenge(code: "R-1")', ("challenge_required", "R-1")),
    ],
)
async def test_the_strictest_of_checkers_and_rules_counts(
    shop: Shop, checker: Checker, checker_says: VerdictKind, rules: str, expected: tuple[str, str]
) -> None:
    """Goal: neither makes the other milder; a review, which lets pass, does away with no challenge. Method: both answer one order."""
    checker.kind = checker_says
    await shop.publish(rule("a", "cart.units >= 1", rules))
    assert heard(await shop.place("r1")) == expected


async def test_of_several_rules_a_review_hides_no_challenge(shop: Shop) -> None:
    """Goal: the order of blocks makes no difference. Method: a review and a challenge that both hold."""
    await shop.publish(
        rule("a", "cart.units >= 1", 'review(code: "R-1")') + rule("b", "cart.units >= 1", 'challenge(code: "R-2")')
    )
    assert heard(await shop.place("r1")) == ("challenge_required", "R-2")


async def test_rules_affect_the_blocks_that_they_name(shop: Shop) -> None:
    """Goal: a rule for flash sales leaves ordinary orders alone. Method: an order in a sale, an ordinary one, one of both."""
    await shop.begin(shop.activity(block_id="flash_sale/evening"))
    await shop.publish(rule("a", "cart.units >= 1", 'deny(code: "R-1")', affects="flash_sale, campaign"))
    assert heard(await shop.place("r1", (TEA, 1, "sale"))) == ("risk_denied", "R-1")
    assert heard(await shop.place("r2", (TEA, 1, ""))) == ("placed", "")
    assert heard(await shop.place("r3", (TEA, 1, ""), (TEA, 1, "sale"))) == ("risk_denied", "R-1")
    await shop.publish(rule("a", "cart.units >= 1", 'deny(code: "R-2")'), request_id="p2")
    assert heard(await shop.place("r4", (TEA, 1, ""))) == ("risk_denied", "R-2")


async def test_the_caller_s_facts_are_asked_for(shop: Shop) -> None:
    """Goal: what the caller says of the buyer counts, and what the engine knows cannot be claimed. Method: credit, and a device's id."""
    await shop.publish(rule("a", "(buyer.credit ?? 100) < 40", 'deny(code: "R-1")'))
    assert heard(await shop.place("r1", facts=(GivenFact("buyer.credit", "number", 39),))) == ("risk_denied", "R-1")
    assert heard(await shop.place("r2", facts=(GivenFact("buyer.credit", "number", 40),))) == ("placed", "")
    refused = await shop.place("r3", facts=(GivenFact("device.id", "text", "d-1"),))
    assert "known to the engine" in str(refused)


async def test_without_rules_nobody_asks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no cost where no rule is about placing orders, or in other places where a plugin has attempts judged. Method: count."""
    asked: list[str] = []
    judge = Verdicts.judge
    monkeypatch.setattr(
        Verdicts, "judge", lambda self, event, *a, **k: (asked.append(event), judge(self, event, *a, **k))[1]
    )
    await shop.publish(rule("a", "cart.units >= 1", 'deny(code: "R-1")', on="order.pay"))
    assert heard(await shop.place("r1")) == ("placed", "")
    assert (asked, dict(shop.keeper.current.book.risks)) == ([], {})
    await shop.publish(rule("a", "cart.units >= 1", 'deny(code: "R-1")'), request_id="p2")
    maker = AttemptMaker(shop.ids, FactReader({}))
    [attempt] = maker.attempts([shop.command("r2")], shop.keeper.current, shop.clock.now_ms())
    assert isinstance(attempt, Attempt)
    assert await RiskJudge(shop.registry, shop.supervisor).judge([attempt]) == [None]
    assert asked == []
    assert (await shop.place("r2")).kind is RefusalKind.RISK_DENIED
    assert asked == ["order.place"]


async def test_rules_speak_of_orders_in_their_currency(shop: Shop) -> None:
    """Goal: amounts are never compared across currencies. Method: a rule in euros, and an order in yuan."""
    text = 'package "shop.eur" { version = "1.0.0"  zone = "UTC"  currency = "EUR" }\n'
    files = [RuleFile("eur.tuan", text + rule("a", "cart.subtotal >= €0.01", 'deny(code: "R-1")'))]
    await shop.rules.publisher.publish(CALLER, "p1", files)
    assert set(shop.keeper.current.book.risks) == {"EUR"}
    assert heard(await shop.place("r1")) == ("placed", "")
