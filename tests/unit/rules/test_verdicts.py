"""Verdicts: the strictest counts, missing facts do what is stated, counters are listed and fetched before."""

from __future__ import annotations

import pytest

from tests.unit.rules.market_for_tests import package, utc
from tests.unit.rules.pricing_for_tests import TIME_MS, cart, line
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules.facts import COUNTERS, Counter
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.verdicts import Judgement, Reason, Verdicts

BOT = """
risk "bot" {
  on = [flash_sale.join, group_buy.open]  when = count(join) by device within 10min > 20 or (buyer.credit ?? 0) < 40
  verdict = deny(code: "R-101")  missing = review  affects = [flash_sale, commission]
}
"""
JOINS = Counter("join", "device", 600_000)
GOOD = {"buyer": {"credit": 90}, COUNTERS: {JOINS.name: 20}}


def verdicts(text: str) -> Verdicts:
    """The risk rules of a package."""
    return Verdicts.of([package(text, zone="UTC")], MARKET_VOCABULARY)


def test_a_rule_judges_its_events_alone() -> None:
    """Goal: twenty joins pass, twenty-one do not, and other events are not its business. Method: both sides of the limit."""
    rules = verdicts(BOT)
    many = {**GOOD, COUNTERS: {JOINS.name: 21}}
    assert rules.judge("flash_sale.join", GOOD, TIME_MS) == Judgement()
    denied = rules.judge("group_buy.open", many, TIME_MS)
    assert denied == Judgement("deny", "R-101", (Reason("shop/risk/bot", "deny", "R-101"),))
    assert rules.judge("order.place", many, TIME_MS).kind == "allow"


@pytest.mark.parametrize("stated", ["deny", "review", "allow"])
def test_a_missing_fact_answers_as_stated(stated: str) -> None:
    """Goal: never fails open unless it says so. Method: a counter that nobody fetched, each of the three answers."""
    judged = verdicts(BOT.replace("missing = review", f"missing = {stated}")).judge(
        "flash_sale.join", {"buyer": {"credit": 90}}, TIME_MS
    )
    assert judged.kind == stated
    assert judged.reasons == (Reason("shop/risk/bot", stated, "R-101", "count(join) by device within 600000ms"),)


def test_the_strictest_answer_counts() -> None:
    """Goal: deny, review, challenge, allow, whatever the order of files. Method: four rules that all hold; the first by id on a tie."""
    texts = {
        "a": 'verdict = challenge(code: "C")',
        "b": "verdict = allow",
        "c": 'verdict = deny(code: "D-2")',
        "d": 'verdict = deny(code: "D-3")',
        "e": "verdict = review",
    }
    blocks = [
        f'risk "{name}" {{ on = [order.place]  when = buyer.level >= 0  {verdict}  missing = deny }}\n'
        for name, verdict in texts.items()
    ]
    facts = {"buyer": {"level": 1}}
    forth, back = verdicts("".join(blocks)), verdicts("".join(reversed(blocks)))
    judged = forth.judge("order.place", facts, TIME_MS)
    assert judged == back.judge("order.place", facts, TIME_MS)
    assert (judged.kind, judged.code) == ("deny", "D-2")
    assert [reason.rule_id[-1] for reason in judged.reasons] == ["c", "d", "e", "a", "b"]


def test_a_rule_affects_what_it_names() -> None:
    """Goal: a suspicion weighs where it is meant to. Method: a kind of block that is named, one that is not, and no question."""
    rules, bad = verdicts(BOT), {**GOOD, "buyer": {"credit": 39}}
    for affecting, kind in (("commission", "deny"), ("group_buy", "allow"), (None, "deny")):
        assert rules.judge("flash_sale.join", bad, TIME_MS, affecting=affecting).kind == kind


def test_a_cart_that_is_not_there_is_not_empty() -> None:
    """Goal: the subtotal of no cart is unknown, not zero. Method: an event without and with a cart."""
    rules = verdicts(
        'risk "dear" { on = [order.place]  when = cart.subtotal > ¥5000.00  verdict = challenge  missing = review }'
    )
    assert rules.judge("order.place", {}, TIME_MS).reasons[0].missing == "cart.subtotal"
    for quantity, kind in ((50, "allow"), (51, "challenge")):
        assert rules.judge("order.place", {}, TIME_MS, cart=cart(line("S1", quantity, 10_000))).kind == kind


def test_the_window_counts() -> None:
    """Goal: a risk rule runs while it is active. Method: both sides of both edges."""
    rules = verdicts(BOT.replace("verdict", "active = from 2027-02-10 until 2027-02-11  verdict"))
    start, end = utc("2027-02-10T00:00"), utc("2027-02-11T00:00")
    kinds = [rules.judge("flash_sale.join", {}, time_ms).kind for time_ms in (start - 1, start, end - 1, end)]
    assert kinds == ["allow", "review", "review", "allow"]


def test_counters_are_listed_once() -> None:
    """Goal: one batch fetches what all rules want. Method: the same counter twice, another, one named in full, one of a price rule."""
    text = BOT + (
        'risk "more" { on = [order.place]  when = count(join) by device within 10min > 5 or count(order.place) by buyer within 1d > 3\n'
        "  verdict = review  missing = review }\n"
        'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
        'price "first" { when = count(pay) by buyer within 30d == 0  give = off(¥5.00)  stack = stack "s" }\n'
    )
    wanted = (JOINS, Counter("order.place", "buyer", 86_400_000), Counter("pay", "buyer", 30 * 86_400_000))
    assert verdicts(text).counters == wanted
    ruleset = Ruleset.of([package(text)], MARKET_VOCABULARY)
    assert ruleset.counters == wanted
    for paid, total in ((0, 9_500), (1, 10_000)):
        priced = ruleset.price(cart(line(), **{COUNTERS: {wanted[2].name: paid}}))
        assert priced.total_minor == total
    why = explain(ruleset, cart(line())).why_not("shop/price/first")
    assert why is not None
    assert (why.why, why.by) == ("missing", "count(pay) by buyer within 2592000000ms")


def test_names_of_counters_come_back() -> None:
    """Goal: the fact of a counter says what to fetch. Method: to its name and back."""
    for counter in (JOINS, Counter("flash_sale.join", "address", 1)):
        assert Counter.of_name(counter.name) == counter
