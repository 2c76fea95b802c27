"""Typed values: each field type gives the documented value, in every currency and zone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import (
    CheckedBlock,
    Daily,
    Limit,
    Money,
    PriceAction,
    Reference,
    ShareOf,
    SkuSet,
    SourceFile,
    Text,
    Window,
    check,
)
from tuan_rules.syntax import nodes


def package(currency: str = "CNY", zone: str = "Asia/Shanghai") -> str:
    """The package block in front of a test's blocks."""
    return f'package "shop.sale" {{ version = "1.2.3"  zone = "{zone}"  currency = "{currency}" }}\n'


def only(text: str, head: str = package()) -> CheckedBlock:
    """The one block of a text, which must be without errors."""
    result = check([SourceFile("t.tuan", head + text)], VOCABULARY)
    assert result.errors == ()
    assert result.package is not None
    (block,) = result.package.blocks
    return block


def sale(fields: str = "", head: str = package()) -> CheckedBlock:
    """A flash sale with these fields besides the required ones."""
    needed = "" if "price" in fields else "price = pay(50%)"
    goods = "" if "on =" in fields else 'on = line.sku in ["S1"]'
    return only(f'flash_sale "e" {{ {goods} {needed} {fields} }}', head)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("set(¥29.90)", PriceAction("set", money=Money(2990, "CNY"))),
        ("off(¥10)", PriceAction("off_amount", money=Money(1000, "CNY"))),
        ("off(12%)", PriceAction("off_ratio", ratio=Fraction(12, 100))),
        ("pay(88%)", PriceAction("pay_ratio", ratio=Fraction(88, 100))),
        ("pay(9.8折)", PriceAction("pay_ratio", ratio=Fraction(98, 100))),
        ("pay(0%)", PriceAction("pay_ratio", ratio=Fraction(0))),
    ],
)
def test_price_actions(written: str, value: PriceAction) -> None:
    """Goal: an action says what it does to the price. Method: compare the value of the field."""
    assert sale(f"price = {written}").values["price"] == value


@pytest.mark.parametrize(
    ("action", "price"),
    [
        (PriceAction("set", money=Money(2990, "CNY")), Fraction(2990)),
        (PriceAction("off_amount", money=Money(1000, "CNY")), Fraction(-1)),
        (PriceAction("off_ratio", ratio=Fraction(1, 8)), Fraction(999 * 7, 8)),
        (PriceAction("pay_ratio", ratio=Fraction(98, 100)), Fraction(999 * 98, 100)),
    ],
)
def test_price_is_exact_and_unrounded(action: PriceAction, price: Fraction) -> None:
    """Goal: no rounding and no clamp hides in the action. Method: prices of 999 minor units."""
    assert action.price_of(999) == price


def test_price_action_without_operand_is_refused() -> None:
    """Goal: a half-made action never prices anything. Method: ask one for a price."""
    with pytest.raises(ValueError, match="without its operand"):
        PriceAction("set").price_of(1)


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [
        ("CNY", "¥0.01", 1),
        ("CNY", "CNY 500_000.00", 50_000_000),
        ("JPY", "¥500", 500),
        ("JPY", "¥500.00", 500),
        ("KWD", "KWD 1.250", 1250),
        ("USD", "$19.99", 1999),
        ("HKD", "$19.99", 1999),
        ("GBP", "£5", 500),
        ("EUR", "€1.10", 110),
        ("KRW", "₩1000", 1000),
    ],
)
def test_money_by_currency(currency: str, written: str, minor: int) -> None:
    """Goal: minor units by ISO 4217, 0, 2 and 3 decimals. Method: signs and codes; a sign is the package's if it can be."""
    block = only(f'commission "c" {{ budget = {written} }}', package(currency))
    assert block.values["budget"] == Money(minor, currency)


def test_goods() -> None:
    """Goal: SKUs and categories, alone or joined, each once. Method: three written forms, with one double."""
    block = sale('on = line.sku in ["S2", "S1", "S2"] or line.sku == "S3" or line.category under "fresh"')
    assert block.values["on"] == SkuSet(("S2", "S1", "S3"), ("fresh",))


def test_limits() -> None:
    """Goal: quantity, subject and window. Method: one, several, and in brackets."""
    several = (Limit(1, "buyer"), Limit(2, "device", 86_400_000))
    assert sale("limit = 1 per buyer").values["limit"] == (Limit(1, "buyer"),)
    assert sale("limit = 1 per buyer, 2 per device per 24h").values["limit"] == several
    assert sale("limit = [1 per buyer, 2 per device per 1d]").values["limit"] == several


def test_schedule_share_duration_word_and_defaults() -> None:
    """Goal: the other types of the flash sale, and defaults where a field is left out. Method: write some of them."""
    block = sale("sessions = daily(at: [20:00, 10:00], for: 2h)  warm_up = 1h 30min  challenge = always")
    assert block.values["sessions"] == Daily((600, 1200), 7_200_000)
    assert block.values["warm_up"] == 5_400_000
    assert block.values["challenge"] == "always"
    assert block.values["stock"] == ShareOf(Fraction(9, 10), "sku.available")
    assert block.values["limit"] == ()
    assert block.values["hold"] is None
    assert sale("stock = 12.5% of sku.available").values["stock"] == ShareOf(Fraction(1, 8), "sku.available")


def test_text_in_languages() -> None:
    """Goal: a title in one or several languages. Method: read both forms and ask for a missing language."""
    assert sale('title = "晚场"').values["title"] == Text("晚场")
    title = sale('title = { zh: "晚场", en: "Evening" }').values["title"]
    assert isinstance(title, Text)
    assert [title.in_language(language) for language in ("zh", "en", "fr")] == ["晚场", "Evening", "晚场"]
    assert str(title) == "晚场"


def test_ladder_record_list_and_reference() -> None:
    """Goal: the compound types. Method: a block with one of each."""
    text = (
        'stack "s" { phase = line_discount  scope = line  pick = all  base = running }\n'
        'tiers "t" { price = [2 => ¥39.00, 3 => ¥35]  tags = ["a", "b"]  stack = stack "s"  gift = { sku: "G" } }'
    )
    result = check([SourceFile("t.tuan", package() + text)], VOCABULARY)
    assert result.package is not None
    block = result.package.block("tiers", "t")
    assert block is not None
    assert block.values["price"] == ((2, Money(3900, "CNY")), (3, Money(3500, "CNY")))
    assert block.values["tags"] == (Text("a"), Text("b"))
    assert block.values["stack"] == Reference("stack", "s")
    assert block.values["gift"] == {"sku": Text("G"), "qty": 1}


def test_conditions_stay_trees() -> None:
    """Goal: a condition is kept for the compiler. Method: its value is the node itself."""
    block = only('commission "c" { when = referral.age <= 30d  base = line.paid  level 1 { rate = 8% } }')
    when = block.values["when"]
    assert isinstance(when, nodes.Comparison)
    assert when.right == nodes.DurationLiteral(block.span, 30 * 86_400_000)
    assert [(child.kind, child.label, child.values["rate"]) for child in block.children] == [
        ("level", "1", Fraction(2, 25))
    ]


@pytest.mark.parametrize(
    ("zone", "written", "utc_hour"),
    [
        ("Asia/Shanghai", "2027-02-10 10:00", 2),
        ("Europe/London", "2027-02-10 10:00", 10),
        ("Asia/Shanghai", "2027-02-10 10:00 +09:00", 1),
        ("Asia/Shanghai", "2027-02-10T10:00Z", 10),
        ("Asia/Shanghai", "2027-02-10 10:00 UTC", 10),
        ("Asia/Shanghai", "2027-02-10 05:00 America/New_York", 10),
        ("Asia/Shanghai", "2027-02-10 03:30 -05:30", 9),
    ],
)
def test_instants_by_zone(zone: str, written: str, utc_hour: int) -> None:
    """Goal: a time without zone is the package's, and every other form is what it says. Method: milliseconds by hand."""
    block = sale(f"active = from {written} until 2028-01-01", package(zone=zone))
    assert block.window is not None
    assert block.window.start_ms == 1_802_217_600_000 + utc_hour * 3_600_000


def test_window_edges_in_a_daylight_saving_gap() -> None:
    """Goal: an edge that does not exist is the first valid instant after it. Method: 02:30 on 2027-03-14 in New York."""
    block = sale("active = from 2027-03-14 02:30 until 2027-03-15", package(zone="America/New_York"))
    assert block.window is not None
    assert block.window.start_ms == 1_805_007_600_000  # 07:00 UTC, which is 03:00 EDT


CAMPAIGN = """campaign "c" {{ active = from 2027-02-10 until 2027-02-20
  plan "p" {{ {plan} enables = [flash_sale "e"] }} }}
flash_sale "e" {{ on = line.sku in ["S1"]  price = pay(50%)  {sale} }}
"""


@pytest.mark.parametrize(
    ("plan", "own", "days"),
    [
        ("", "", (10, 20)),
        ("active = from 2027-02-12 until 2027-02-14", "", (12, 14)),
        ("active = from 2027-02-01 until 2027-02-05", "", (1, 5)),
        ("active = from 2027-02-12 until 2027-02-14", "active = from 2027-02-13 until 2027-02-28", (13, 14)),
        ("", "active = from 2027-02-19 until 2027-02-28", (19, 20)),
    ],
)
def test_window_of_an_enabled_block(plan: str, own: str, days: tuple[int, int]) -> None:
    """Goal: a block runs in its plan, else its campaign, met with its own window. Method: the combinations."""
    result = check([SourceFile("t.tuan", package(zone="UTC") + CAMPAIGN.format(plan=plan, sale=own))], VOCABULARY)
    assert result.package is not None
    block = result.package.block("flash_sale", "e")
    assert block is not None
    assert block.window == Window(*(1_801_440_000_000 + (day - 1) * 86_400_000 for day in days))


def test_package_and_lookups() -> None:
    """Goal: the package carries its head, blocks by kind and label. Method: two files, in both orders."""
    files = [
        SourceFile("a.tuan", package() + 'commission "b" { }\n'),
        SourceFile("b.tuan", 'commission "a" { }\nflash_sale "e" { on = line.sku in ["S"]  price = pay(50%) }'),
    ]
    packages = [check(order, VOCABULARY).package for order in (files, files[::-1])]
    first, second = packages
    assert first is not None
    assert first == second
    assert (first.name, first.version, first.zone, first.currency) == ("shop.sale", "1.2.3", "Asia/Shanghai", "CNY")
    assert [block.label for block in first.blocks_of("commission")] == ["a", "b"]
    assert first.block("commission", "c") is None


def test_check_refuses_wrong_calls() -> None:
    """Goal: a programming error is an exception, not a diagnostic. Method: no file, and one name twice."""
    with pytest.raises(ValueError, match="at least one file"):
        check([], VOCABULARY)
    with pytest.raises(ValueError, match="its own name"):
        check([SourceFile("a", ""), SourceFile("a", "")], VOCABULARY)


def test_local_time_is_exact_to_the_millisecond() -> None:
    """Goal: seconds and milliseconds survive. Method: a window that begins at 10:00:00.001."""
    block = sale("active = from 2027-02-10 10:00:00.001 until 2027-02-11", package(zone="UTC"))
    assert block.window is not None
    assert block.window.start_ms == 1_802_217_600_000 + 36_000_001
