"""The flash sale's rule block: from text to sessions, stock shares and settings, and what is refused in the merchant's words."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tuan.plugin import InvalidValue, Sku
from tuan.testing import SKUS, PromotionBench, check_promotion
from tuan_flash_sale.promotion import FlashSale
from tuan_flash_sale.sale import Sale

DAYS = "active = from 2027-02-10 until 2027-02-12"
EVENING = f"""flash_sale "evening" {{
  on = line.sku in ["S1", "S2"]  price = set(¥9.90)  {DAYS}
  sessions = daily(at: [10:00, 20:00], for: 2h)
  limit = 1 per buyer, 2 per device per 24h
}}"""


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1_000)


@pytest.fixture
def bench() -> PromotionBench:
    return PromotionBench(FlashSale())


def plan_of(bench: PromotionBench, text: str):
    [(_, _, plan)] = bench.plans(text)
    return plan


def test_one_activity_per_session(bench: PromotionBench) -> None:
    """Goal: 10:00 and 20:00 on two days are four activities with stable names. Method: plan the example of the design."""
    plan = plan_of(bench, EVENING)
    assert [item.key for item in plan.activities] == [
        "20270210T1000",
        "20270210T2000",
        "20270211T1000",
        "20270211T2000",
    ]
    first = plan.activities[0]
    assert first.title == "evening"
    assert (first.start_time_ms, first.end_time_ms) == (at("2027-02-10 10:00"), at("2027-02-10 12:00"))
    assert first.provision_time_ms == first.start_time_ms - 10 * 60_000
    assert not plan.price_rules


def test_stock_is_split_exactly(bench: PromotionBench) -> None:
    """Goal: 90 on sale and 10 held back, of any number, to the unit. Method: shares of the plan, applied to stocks."""
    for share in plan_of(bench, EVENING).activities[0].stock:
        assert share.quantity is None
        assert [share.buffer_of(units) for units in (0, 1, 10, 100, 1_001)] == [0, 1, 1, 10, 101]
    third = EVENING.replace("limit =", "stock = 33.3% of sku.available  limit =")
    share = plan_of(bench, third).activities[0].stock[0]
    assert Fraction(share.sale_numerator, share.sale_denominator) == Fraction(333, 1000)


def test_settings_survive_as_json(bench: PromotionBench) -> None:
    """Goal: what the rules say is what the hot calls use. Method: config to Sale and back."""
    text = EVENING.replace(
        "sessions", 'title = { zh: "晚场", en: "Evening" } warm_up = 1h challenge = always hold = 5min sessions'
    )
    item = plan_of(bench, text).activities[0]
    sale = Sale.from_config(item.config)
    assert sale.to_config() == item.config
    assert sale.skus == ("S1", "S2")
    assert (sale.warm_up_ms, sale.challenge, sale.ticket, sale.hold_ms) == (3_600_000, "always", True, 300_000)
    assert (sale.limit_per("buyer"), sale.limit_per("device"), sale.limit_per("address")) == (1, 2, 0)
    assert item.title == "晚场"


def test_without_sessions_the_window_is_the_session(bench: PromotionBench) -> None:
    """Goal: a sale without a timetable runs all the time. Method: the field left out."""
    [item] = plan_of(bench, f'flash_sale "all" {{ on = line.sku in ["S1"] price = off(10%) {DAYS} }}').activities
    assert (item.start_time_ms, item.end_time_ms) == (at("2027-02-10 00:00"), at("2027-02-12 00:00"))
    assert item.key == "20270210T0000"


def test_a_campaigns_plan_says_when(bench: PromotionBench) -> None:
    """Goal: a block without `active` runs when a campaign's plan enables it. Method: the plan's window is the session."""
    text = """
    campaign "spring" { active = from 2027-02-10 until 2027-02-20
      plan "sale" { active = from 2027-02-10 20:00 until 2027-02-10 22:00  enables = [flash_sale "evening"] } }
    flash_sale "evening" { on = line.category under "food"  price = pay(80%) }"""
    [item] = plan_of(bench, text).activities
    assert (item.start_time_ms, item.end_time_ms) == (at("2027-02-10 20:00"), at("2027-02-10 22:00"))
    assert item.config["skus"] == ["S1", "S2"], "everything under the category"


def test_a_session_is_cut_by_the_window(bench: PromotionBench) -> None:
    """Goal: nothing sells outside the window. Method: a window that ends in the middle of a session, half-open."""
    text = EVENING.replace(DAYS, "active = from 2027-02-10 until 2027-02-10 20:30:30")
    assert plan_of(bench, text).activities[-1].end_time_ms == at("2027-02-10 20:30:30")


def test_sessions_that_have_ended_are_left_out_and_keys_stay(bench: PromotionBench) -> None:
    """Goal: publishing again during a campaign makes the same activities. Method: plan before and during."""
    before = {item.key: item for item in plan_of(bench, EVENING).activities}
    bench.host.clock.move_to(at("2027-02-11 11:00"))
    during = {item.key: item for item in plan_of(bench, EVENING).activities}
    assert list(during) == ["20270211T1000", "20270211T2000"], "one that is running is still there"
    assert all(before[key] == item for key, item in during.items())


def test_the_hour_that_the_clocks_repeat(bench: PromotionBench) -> None:
    """Goal: two sessions never share a key. Method: a whole-window sale per plan, at the same local time in an overlap."""
    text = """package "z.z" { version = "1.0.0" zone = "Europe/Berlin" currency = "CNY" }
    flash_sale "night" { on = line.sku in ["S1"] price = set(¥1.00)
      active = from 2027-10-30 until 2027-11-02  sessions = daily(at: [02:30], for: 30min) }"""
    assert [item.key for item in plan_of(bench, text).activities] == ["20271030T0230", "20271031T0230", "20271101T0230"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["S1", "S2"]', '["S1", "NOPE", "ALSO"]', "on: ALSO, NOPE: not in the catalogue"),
        ('line.sku in ["S1", "S2"]', 'line.category under "nowhere"', "on: no goods in nowhere"),
        ("set(¥9.90)", "set(¥10.01)", "price: 1001 is above the list price of S1, 1000"),
        ("set(¥9.90)", "off(¥10.00)", "price: S1 .* would cost nothing"),
        ("set(¥9.90)", "off(¥50.00)", "price: S1 .* would cost nothing"),
        (DAYS, "active = from 2026-02-10 until 2026-02-12", "sessions: all of them have ended"),
        (DAYS, "active = from 2027-02-10 12:00 until 2027-02-10 20:00", "sessions: none of them falls"),
        (DAYS, "active = from 2027-02-10 until 2037-02-10", "sessions: 7306 sessions, at most 1000"),
        (DAYS, "", "active: says nowhere when"),
        ("limit =", "challenge = always ticket = false limit =", "challenge: always has no effect"),
        ("limit =", "stock = 90% of sku.sold limit =", "stock: a share of sku.sold"),
        ("limit =", "stock = 0% of sku.available limit =", "stock: 0 of the stock"),
        ("1 per buyer,", "1 per buyer, 2 per buyer,", "per buyer` is given twice"),
        ("1 per buyer,", "1 per family,", "limit"),
    ],
)
def test_what_cannot_be_is_said_in_the_merchants_words(bench: PromotionBench, old: str, new: str, message: str) -> None:
    """Goal: each mistake names its field and what to write. Method: one mistake at a time in a good text."""
    with pytest.raises((InvalidValue, AssertionError), match=message):
        bench.plans(EVENING.replace(old, new))


def test_two_currencies_are_refused() -> None:
    """Goal: no price in another currency than its list price. Method: a SKU in GBP in a package in CNY."""
    bench = PromotionBench(FlashSale(), skus=(*SKUS, Sku("UK", "P9", "Tea", "food/tea", "GBP", 10_00)))
    with pytest.raises(InvalidValue, match="price: UK is priced in GBP, the sale in CNY"):
        bench.plans(EVENING.replace('"S2"', '"UK"'))


def test_goods_that_are_not_active_are_refused() -> None:
    """Goal: nothing is announced that cannot be bought. Method: an inactive SKU."""
    bench = PromotionBench(FlashSale(), skus=(SKUS[0], Sku("S2", "P2", "Old", "food/tea", "CNY", 20_00, active=False)))
    with pytest.raises(InvalidValue, match="on: S2: not in the catalogue, or not active"):
        bench.plans(EVENING)


def test_it_conforms() -> None:
    """Goal: the built-in promotion passes what third parties' must. Method: the conformance suite."""
    check_promotion(FlashSale(), EVENING)
