"""`tuan-rules explain`. Goal: a price is told in words that add up. Method: worked numbers, recorded carts, both languages."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rules.pricing_for_tests import cart, line, ruleset
from tests.unit.rules.test_cli import write
from tests.unit.rules.test_testing import APPLE, RULES, STANDARD, a_test, run
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules.facts import COUNTERS
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.recorded import cart_from_record
from tuan_rules.pricing.words import explanation_as_data, explanation_in_words, why_not_in_words

WORKED = """
price "special" { on = line.sku == "S1"  give = set(¥135.00)  stack = stack "price"  priority = 1 }
price "eighth" { on = line.sku == "S1"  give = off(12.5%)  stack = stack "line"  priority = 2 }
price "fold" { on = line.sku == "S2"  give = pay(9.8折)  stack = stack "line"  priority = 3  cap = ¥3.00 per line }
price "fiver" { give = off(¥5.00)  stack = stack "line"  priority = 4 }
price "twenty" { give = off(¥20.00)  stack = stack "order"  priority = 5 }
price "ship" { give = off(33.3%)  stack = stack "ship"  priority = 6 }
price "tote" { give = gift("TOTE", qty: 2)  stack = stack "more"  priority = 7 }
"""
ENGLISH = """\
list price: ¥349.98, units: 2
price source: price "special" of "price"
  line 1, S1 x 1: ¥150.00 - ¥15.00 = ¥135.00
line discount: price "eighth" of "line"
  line 1, S1 x 1: ¥135.00 - ¥16.87 = ¥118.13; exactly ¥16.875; rounded half_up to ¥0.01
line discount: price "fiver" of "line"
  line 2, S2 x 1: ¥199.98 - ¥5.00 = ¥194.98
order discount: price "twenty" of "order"
  together ¥20.00, shared by what the lines cost
  line 1, S1 x 1: ¥118.13 - ¥7.55 = ¥110.58
  line 2, S2 x 1: ¥194.98 - ¥12.45 = ¥182.53
shipping: price "ship" of "ship"
  shipping: ¥8.00 - ¥2.66 = ¥5.34; exactly ¥2.664; rounded half_up to ¥0.01
gift: TOTE x 2 from price "tote"
to pay: ¥293.11 for the goods + ¥5.34 shipping = ¥298.45
not counted:
  price "fiver": lower than price "eighth" (line 1)
  price "fold": lower than price "fiver" (line 2)"""
LINES = (line("S1", 1, 15_000), line("S2", 1, 19_998))


def test_the_ledger_in_words() -> None:
    """Goal: before, exact, rounding, after, shares, shipping, gifts, and who did not count. Method: the approved text."""
    explanation = explain(ruleset(WORKED), cart(*LINES, shipping=800))
    assert "\n".join(explanation_in_words(explanation)) == ENGLISH
    chinese = explanation_in_words(explanation, "zh")
    assert len(chinese) == len(ENGLISH.splitlines())
    for words in ("标价：¥349.98，共 2 件", '价格来源：price "special" 叠加组 "price"', "精确值 ¥16.875；按 四舍五入 取整到 ¥0.01",
                  "合计 ¥20.00，按各行金额分摊", "赠品：TOTE × 2", "应付：商品 ¥293.11 + 运费 ¥5.34 = ¥298.45",
                  'price "fold"：优惠低于 price "fiver"（第 2 行）'):  # fmt: skip
        assert any(words in text for text in chinese), words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('give = off(50%)  cap = ¥3.00 per order  stack = stack "line"', "exactly ¥50.00; limited by its cap"),
        ('give = off(50%)  floor = ¥80.00  stack = stack "line"', "exactly ¥50.00; limited by the floor"),
        ('give = off(¥200.00)  stack = stack "line"', "exactly ¥200.00; limited by zero"),
        ('give = off(90%)  stack = stack "every"', "exactly ¥90.00; limited by the cap of its stack"),
        ('give = off(1%) budget = ¥0.20 on_exceed = clip stack = stack "line"', "exactly ¥1.00; limited by its budget"),
        ('give = off(14.2857%)  stack = stack "line"', "exactly ¥14.2857; rounded half_up to ¥0.01"),
        ('give = off(33.3333%)  stack = stack "order"', "together ¥33.3333, rounded half_up to ¥0.01, shared"),
        ('give = set(line.list * (line.margin ?? 0%))  stack = stack "line"', "exactly ¥66.666666…; rounded half_up"),
    ],
)
def test_what_limited_it_is_named(rule: str, words: str) -> None:
    """Goal: the limit that bit is told beside the exact amount. Method: one rule each on a line of ¥100."""
    rules = ruleset(f'price "p" {{ {rule} }}')
    left = {"shop/price/p": 20}
    told = explanation_in_words(explain(rules, cart(line(margin=Fraction(1, 3))), left))
    assert any(words in text for text in told), told


def test_why_not() -> None:
    """Goal: one question, one answer. Method: a rule that counted, one that lost, one whose window is over, one unknown."""
    rules = ruleset(
        WORKED + 'price "old" { give = off(1%)  stack = stack "every"  active = from 2020-01-01 until 2020-01-02 }'
    )
    explanation = explain(rules, cart(*LINES))
    assert why_not_in_words(explanation, "shop/price/twenty") == 'price "twenty" counted'
    assert why_not_in_words(explanation, "shop/price/fold") == 'price "fold": lower than price "fiver" (line 2)'
    assert why_not_in_words(explanation, "shop/price/old", "zh") == 'price "old"：不在有效期内'
    with pytest.raises(KeyError):
        why_not_in_words(explanation, "shop/price/none")


def test_an_explanation_is_a_record_that_can_be_asked_again() -> None:
    """Goal: "why not" is a replay. Method: the data through JSON and back, priced again, the same to the last word."""
    rules = ruleset(WORKED)
    explanation = explain(rules, cart(*LINES, shipping=800))
    data = json.loads(json.dumps(explanation_as_data(explanation), default=str))
    assert data["steps"][1]["exact_off_minor"] == "3375/2"
    assert data["payable_minor"] == 29_845
    again = explain(rules, cart_from_record(data["record"], TYPED_VOCABULARY))
    assert explanation_in_words(again) == explanation_in_words(explanation)


def test_counters_are_replayed_too() -> None:
    """Goal: a recorded cart keeps what counters found. Method: one with a counter, and one that is no number."""
    counts = {"join by device within 600000ms": 21}
    data = {**PLAIN, "facts": {COUNTERS: counts}}
    assert cart_from_record(data, STANDARD).facts[COUNTERS] == counts
    with pytest.raises(ValueError, match="must be a whole number"):
        cart_from_record({**PLAIN, "facts": {COUNTERS: {"join by device within 600000ms": "21"}}}, STANDARD)


PLAIN: dict[str, Any] = {
    "time": "2027-02-11T12:30+08:00",
    "facts": {"buyer": {"level": 3, "segments": ["vip"], "age": 86_400_000, "blocked": None}},
    "lines": [{"sku": "APPLE", "quantity": 2, "list_minor": 5_000, "category": "fresh", "facts": {"margin": "3/10"}}],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": "2027-02-11T12:30"}, 'no "time"'),
        ({"time": "soon"}, 'no "time"'),
        ({"lines": None}, 'no "lines"'),
        ({"line": []}, "the cart has no 'line'; did you mean 'lines'?"),
        ({"facts": {"buyr": {}}}, "facts has no 'buyr'; did you mean 'buyer'?"),
        ({"facts": {"buyer": {"levle": 3}}}, "facts.buyer has no 'levle'; did you mean 'level'?"),
        ({"facts": {"buyer": {"level": "3"}}}, "facts.buyer.level is '3', and must be a whole number"),
        ({"facts": {"buyer": {"level": True}}}, "facts.buyer.level is True"),
        ({"facts": {"buyer": {"segments": "vip"}}}, "facts.buyer.segments is 'vip', and must be a list of text"),
        ({"facts": {"buyer": {"segments": ["a"] * 101}}}, "101 items, more than the 100 declared"),
        ({"lines": [{"sku": "A", "list_minor": 1.5}]}, r"lines\[0\].list_minor is 1.5"),
        (
            {"lines": [{"sku": "A", "list_minor": 1, "facts": {"margin": "a third"}}]},
            r"lines\[0\].facts.margin is 'a third'",
        ),
        ({"lines": [{"sku": 1, "list_minor": 1}]}, "sku and category are texts"),
        ({"lines": [3]}, r"lines\[0\] is 3, and must be an object"),
        ({"shipping_minor": "8"}, "shipping_minor is '8', and must be a whole number"),
    ],
)
def test_a_recorded_cart_is_held_against_the_vocabulary(change: dict[str, Any], message: str) -> None:
    """Goal: a slip in a cart is no other cart. Method: one slip each, and the place in the message."""
    assert cart_from_record(PLAIN, STANDARD).lines[0].facts["margin"] * 10 == 3
    with pytest.raises(ValueError, match=message):
        cart_from_record({**PLAIN, **change}, STANDARD)


TESTED = RULES + a_test(f"buyer: {{ level: 3 }}, lines: [ {APPLE} ]", "total = ¥45.00")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: by a test's name, by a file, one rule, the index, in JSON. Method: each way of asking."""
    path = write(tmp_path, TESTED)
    saved = write(tmp_path, json.dumps(PLAIN), "cart.json")
    assert run(capsys, "explain", path, "--cart", "t") == (
        0,
        'list price: ¥50.00, units: 1\nline discount: price "fruit" of "line"\n  line 1, APPLE x 1: ¥50.00 - ¥5.00 = ¥45.00\n'
        'to pay: ¥45.00 for the goods\nnot counted:\n  price "minus-5": its conditions do not hold\n'
        '  price "member": lower than price "fruit" (line 1)\n',
    )
    assert "to pay: ¥84.99" in run(capsys, "explain", path, "--cart", saved)[1]
    assert run(capsys, "explain", path, "--cart", saved, "--why-not", "member", "--lang", "zh") == (
        0, 'price "member"：优惠低于 price "fruit"（第 1 行）\n'
    )  # fmt: skip
    assert (
        run(capsys, "explain", path, "--index")[1].splitlines()[1]
        == "shop/price/member: asked in every cart: no condition names SKUs, a category or a text of the cart"
    )
    data = json.loads(run(capsys, "explain", path, "--cart", saved, "--index", "--format", "json")[1])
    assert (data["payable_minor"], data["index"]["shop/price/fruit"]) == (8_499, "found by line.category (1 values)")
    data = json.loads(
        run(capsys, "explain", path, "--cart", "t", "--why-not", "shop/price/fruit", "--format", "json")[1]
    )
    assert data == {"rule_id": "shop/price/fruit", "rejected": None}


def test_the_command_in_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: status 2 and what to write for a wrong question, 1 for rules with errors. Method: one of each."""
    path = write(tmp_path, TESTED)
    broken = write(tmp_path, TESTED.replace("give", "giv"), "broken.tuan")
    for arguments, message in (
        ([path], "--cart"),
        ([path, "--index", "--why-not", "member"], "--cart"),
        ([path, "--cart", "u"], "there is no test 'u'"),
        ([path, "--cart", "t", "--why-not", "membr"], "'membr' names 0 rules; did you mean 'member'?"),
        ([path, "--cart", str(tmp_path / "none.json")], "none.json"),
        ([path, "--cart", write(tmp_path, "{", "cart.json")], "cart.json:1: not JSON"),
        ([path, "--cart", write(tmp_path, "[]", "list.json")], "list.json: the cart is []"),
    ):
        status, output = run(capsys, "explain", *arguments)
        assert (status, message in output) == (2, True), output
    status, output = run(capsys, "explain", broken, "--cart", "t")
    assert status == 1
    assert "TR-102" in output
