"""The numbers and outputs on the page about the language are computed: amounts, tables and printed texts are what the tools give."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.rules.market_for_tests import rules as market_rules
from tests.unit.rules.pricing_for_tests import STACKS, cart, head, line, ruleset
from tests.unit.rules.test_docs import PACKAGE, PAGE, SNIPPETS
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, TYPED_VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.cli import main

MEMBERS = next(text for _, text in SNIPPETS if "case" in text)


def amounts(text: str) -> list[int]:
    """Every amount of a text, in fen."""
    return [int(yuan + fen) for yuan, fen in re.findall(r"¥(\d+)\.(\d\d)\b", text)]


def worked(after: str) -> str:
    """The paragraph `Worked: ...` behind a heading."""
    return PAGE.split(after)[1].split("Worked: ")[1].split("\n\n")[0]


def test_the_worked_price() -> None:
    """Goal: the algebra's example is what the algebra gives. Method: its rules, and every number of the paragraph from the ledger."""
    text = """
    price "member" { on = line.sku == "A"  give = set(¥135.00)  stack = stack "price" }
    price "eighth" { on = line.sku == "A"  give = off(12.5%)  stack = stack "line"  priority = 1 }
    price "two"    { on = line.sku == "B"  give = off(2%)  stack = stack "line"  priority = 2 }
    price "twenty" { give = off(¥20.00)  stack = stack "order" }
    """
    priced = ruleset(text).price(cart(line("A", 1, 15_000), line("B", 1, 19_998)))
    off = {
        (step.rule_id.rpartition("/")[2], step.line_index): (step.before_minor, step.off_minor) for step in priced.steps
    }
    first, second, share, other = off["eighth", 0], off["two", 1], off["twenty", 0], off["twenty", 1]
    paragraph = worked("## Price rules")
    assert amounts(paragraph) == [
        15_000, 19_998, first[0], first[1], second[1], first[0] - first[1], second[0] - second[1], share[1] + other[1],
        share[1], other[1], *(each.total_minor for each in priced.lines),
    ]  # fmt: skip
    assert f"{share[0]} : {other[0]}" in paragraph


@pytest.mark.parametrize(("at", "off_minor"), [("each_step", 1_687), ("each_line", 1_687)])
def test_the_worked_rounding(at: str, off_minor: int) -> None:
    """Goal: ¥135.00 less 12.5 % is what the page says. Method: price it with both kinds of rounding; the amounts stand on the page."""
    text = f'rounding {{ unit = ¥0.01  mode = half_up  at = {at} }}\nprice "p" {{ give = off(12.5%)  stack = stack "line" }}'
    priced = ruleset(text).price(cart(line(list_minor=13_500)))
    assert (priced.total_minor, priced.steps[0].off_minor) == (11_813, off_minor)
    assert "¥135.00 less 12.5 % is ¥118.125, so ¥118.13, so ¥16.87 off" in PAGE


def test_the_worked_commission() -> None:
    """Goal: the commission's example is what is proposed. Method: its rates without and with its cap, against the amounts of the page."""
    text = 'commission "share" {{ base = line.paid  {}settle = monthly(day: 10, after: 7d)  level 1 {{ rate = 8% }}'
    text += " level 2 {{ rate = 3% }} }}"
    found = []
    for cap in ("", "cap = ¥10.00 per order  "):
        compiled = market_rules(text.format(cap))
        bought = cart(line("A", 1, 10_000), line("B", 1, 5_000), referral={"user": "u1", "upline": "u2", "age": 0})
        proposals = compiled.commissions(bought, compiled.price(bought))
        by_line = sorted((p.line_index, p.level, p.amount_minor) for p in proposals)
        found.append([amount for _, _, amount in by_line])
    before, within = found
    assert amounts(worked("A **commission**")) == [10_000, 5_000, 1_000, *before, sum(before), *within]


def test_the_table_of_actions() -> None:
    """Goal: what ¥50.00 becomes by each action. Method: price it; and every row is tried."""
    rows = re.findall(r"^\| `(.*)` \| ¥(\d+)\.(\d\d) \|$", PAGE.split("becomes |")[1].split("## ")[0], re.MULTILINE)
    assert len(rows) == 5
    for action, yuan, fen in rows:
        priced = ruleset(f'price "p" {{ give = {action}  stack = stack "line" }}').price(cart(line(list_minor=5_000)))
        assert priced.total_minor == int(yuan + fen), action


def test_the_table_of_discounts() -> None:
    """Goal: each form of `give` stands where the table says. Method: every example in a stack of lines and in one over the order."""
    rows = re.findall(r"^\|(.*`.*)\|(.*)\|(.*)\|$", PAGE.split("| `give` |")[1].split("**Phases**")[0], re.MULTILINE)
    assert len(rows) >= 8
    for forms, of_lines, over_order in rows:
        for form in re.findall(r"`([^`]+)`", forms):
            give = form.replace("...", "7% of cart.subtotal")
            for stack, allowed in (("line", of_lines), ("order", over_order)):
                text = head() + STACKS + f'price "p" {{ give = {give}  stack = stack "{stack}" }}'
                package = check([SourceFile("t", text)], TYPED_VOCABULARY).package
                assert (package is not None) is bool(allowed.strip()), (form, stack)


def test_the_shown_test_passes_and_fails_as_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: the example of a test works, and its failure is printed as the page prints it. Method: run both."""
    file = tmp_path / "members.tuan"
    file.write_text(MEMBERS, encoding="utf-8")
    assert main(["test", "--threshold", "100", str(file)], MARKET_VOCABULARY) == 0
    capsys.readouterr()
    file.write_text(MEMBERS.replace("¥203.02", "¥203.00"), encoding="utf-8")
    assert main(["test", str(file)], MARKET_VOCABULARY) == 1
    shown = re.search(r"```text\n(FAILED.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert shown[1] in capsys.readouterr().out.replace(str(file), "members.tuan")


def test_the_shown_cart_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: the JSON of the page is a cart. Method: explain it by the rules of the page; the price is that of the page's test."""
    written = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert written is not None
    (tmp_path / "members.tuan").write_text(MEMBERS, encoding="utf-8")
    (tmp_path / "cart.json").write_text(json.dumps(json.loads(written[1])), encoding="utf-8")
    assert (
        main(["explain", "--cart", str(tmp_path / "cart.json"), str(tmp_path / "members.tuan")], MARKET_VOCABULARY) == 0
    )
    assert "= ¥203.02" in capsys.readouterr().out


def test_the_shown_difference_is_the_real_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: `diff` prints what the page prints. Method: two versions that differ so."""
    sale = 'flash_sale "evening" {{ on = line.sku == "S1"  price = set({})  limit = {} }}\n'
    plan = 'plan "day" { enables = [flash_sale "day"] }'
    campaign = 'campaign "spring" {{ active = from 2027-02-10 until 2027-02-12  {} }}\n'
    day = 'flash_sale "day" { on = line.sku == "S2"  price = set(¥1.00) }\n'
    before = PACKAGE + day + sale.format("¥29.90", "1 per buyer") + campaign.format(plan)
    tail = plan + '  plan "tail" { enables = [flash_sale "evening"] }'
    after = PACKAGE + day + sale.format("¥19.90", "1 per buyer, 2 per device per 24h") + campaign.format(tail)
    for name, text in (("a.tuan", before), ("b.tuan", after)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["diff", str(tmp_path / "a.tuan"), str(tmp_path / "b.tuan")], MARKET_VOCABULARY) == 1
    shown = re.search(r"```text\n(~ changed.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(shown[1].splitlines())


def test_every_sample_is_checked_by_something() -> None:
    """Goal: a sample that is added is not forgotten. Method: the languages of all fences, and how many of each the tests read."""
    fences = re.findall(r"^```(\w+)", PAGE, re.MULTILINE)
    assert {kind: fences.count(kind) for kind in fences} == {"tuan": len(SNIPPETS), "text": 3, "json": 1, "python": 2}
