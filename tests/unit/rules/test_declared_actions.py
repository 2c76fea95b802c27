"""Actions of plugins: typed like fields, offered where a field takes rewards, shown as rules write them."""

from __future__ import annotations

import pytest

from tests.unit.rules.pricing_for_tests import head
from tests.unit.rules.raffle_for_tests import RAFFLE, TICKET, rule_blocks
from tuan_group_buy.block import rule_blocks as group_buy_blocks
from tuan_rules import (
    ACTIONS,
    DURATION,
    Action,
    ActionOf,
    BlockSchema,
    CheckedBlock,
    Diagnostic,
    Field,
    Points,
    Reference,
    SourceFile,
    check,
    standard_vocabulary,
)
from tuan_rules.difference.show import show

VOCABULARY = standard_vocabulary([*rule_blocks(), *group_buy_blocks()])
SPRING = 'raffle "spring" {}\n'


def rule(prize: str) -> str:
    """A package with one field of actions."""
    return f'{head()}{SPRING}raffle "r" {{ prize = {prize} }}'


def found(prize: str) -> list[Diagnostic]:
    """What a check says."""
    return list(check([SourceFile("t", rule(prize))], VOCABULARY).diagnostics)


def block(text: str, kind: str, label: str) -> CheckedBlock:
    """A checked block; fails where there is an error."""
    result = check([SourceFile("t", text)], VOCABULARY)
    assert result.package is not None, result.diagnostics
    checked = result.package.block(kind, label)
    assert checked is not None
    return checked


@pytest.mark.parametrize(
    ("prize", "arguments"),
    [
        ("raffle_ticket(3)", {"count": 3, "raffle": None, "colour": "red"}),
        (
            'raffle_ticket(1, raffle "spring", blue)',
            {"count": 1, "raffle": Reference("raffle", "spring"), "colour": "blue"},
        ),
        ("raffle_ticket(colour: blue, count: 2)", {"count": 2, "raffle": None, "colour": "blue"}),
        ("抽奖券(2, colour: 蓝)", {"count": 2, "raffle": None, "colour": "blue"}),
    ],
)
def test_the_value_is_data(prize: str, arguments: dict[str, object]) -> None:
    """Goal: who carries an action out finds every argument. Method: by position, by name, with defaults, beside a built-in one."""
    value = block(rule(f"points(5) then {prize}"), "raffle", "r").values["prize"]
    assert value == (Points(5), ActionOf("raffle_ticket", arguments))


def test_other_plugins_take_it() -> None:
    """Goal: a reward that nobody knew of can be what a leader gets. Method: the group buy's own field, and one that takes no rewards."""
    text = (
        'group_buy "g" { on = line.sku in ["S1"]  size = 3  window = 24h  price = set(¥5)  leader = raffle_ticket(2)  '
        "on_fail = refund(route: original) }"
    )
    checked = block(head() + text, "group_buy", "g")
    assert checked.values["leader"] == (ActionOf("raffle_ticket", {"count": 2, "raffle": None, "colour": "red"}),)
    closed = BlockSchema("closed", "", (Field("prize", ACTIONS("points"), ""),))
    vocabulary = standard_vocabulary([closed, RAFFLE, TICKET])
    diagnostics = check([SourceFile("t", head() + 'closed "c" { prize = raffle_ticket(1) }')], vocabulary).diagnostics
    assert [each.code for each in diagnostics] == ["TR-115"]
    named = BlockSchema("named", "", (Field("prize", ACTIONS("raffle_ticket"), ""),))
    source = SourceFile("t", head() + 'named "c" { prize = raffle_ticket(1) }')
    assert check([source], standard_vocabulary([named, RAFFLE, TICKET])).package is not None


@pytest.mark.parametrize(
    ("prize", "code", "at", "suggestion"),
    [
        ("raffle_tickets(3)", "TR-115", "raffle_tickets", "raffle_ticket"),
        ("抽奖卷(3)", "TR-115", "抽奖卷", "抽奖券"),
        ("raffle_ticket()", "TR-103", "raffle_ticket()", None),
        ('raffle_ticket("x")', "TR-201", '"x"', None),
        ("raffle_ticket(1, colour: green)", "TR-115", "green", None),
        ("raffle_ticket(1, color: blue)", "TR-242", "color: blue", "colour"),
        ("raffle_ticket(1, count: 2)", "TR-242", "count: 2", None),
        ('raffle_ticket(1, raffle "spring", red, 4)', "TR-242", "4", None),
        ('raffle_ticket(1, raffle "sprin")', "TR-109", 'raffle "sprin"', 'raffle "spring"'),
        ('raffle_ticket(1, coupon "spring")', "TR-110", 'coupon "spring"', None),
        ("raffle_ticket(m each m in buyer.segments)", "TR-242", "m each m in buyer.segments", None),
        ("raffle_ticket", "TR-242", "raffle_ticket", None),
    ],
)
def test_mistakes_are_told_at_the_argument(prize: str, code: str, at: str, suggestion: str | None) -> None:
    """Goal: the caret stands under what is wrong. Method: a table of wrong calls."""
    (diagnostic,) = found(prize)
    text = rule(prize)
    assert (diagnostic.code, text[diagnostic.span.offset : diagnostic.span.end_offset]) == (code, at)
    assert diagnostic.suggestion == suggestion


def test_differences_show_actions_as_rules_write_them() -> None:
    """Goal: what changed can be read, and written. Method: show each value, and check what is shown."""
    later = Action("later", "", (Field("after", DURATION, "", required=True),))
    vocabulary = standard_vocabulary([RAFFLE, TICKET, later])
    text = rule('raffle_ticket(1, raffle "spring") then later(2h 30min)')
    package = check([SourceFile("t", text)], vocabulary).package
    assert package is not None
    checked = package.block("raffle", "r")
    assert checked is not None
    shown = show(checked.values["prize"], RAFFLE.fields[1].type, package)
    assert shown == 'raffle_ticket(count: 1, raffle: raffle "spring", colour: red) then later(after: 2h 30min)'
    again = check([SourceFile("t", rule(shown))], vocabulary).package
    assert again is not None
    other = again.block("raffle", "r")
    assert other is not None
    assert other.values == checked.values


def test_a_field_of_unknown_actions_is_refused_at_start() -> None:
    """Goal: a misspelt action in a schema is no field that nobody can fill. Method: a vocabulary with one, in a nested block."""
    child = BlockSchema("child", "", (Field("prize", ACTIONS("raffle_tickets"), ""),))
    with pytest.raises(ValueError, match="raffle_tickets"):
        standard_vocabulary([BlockSchema("parent", "", (), (child,)), TICKET])
