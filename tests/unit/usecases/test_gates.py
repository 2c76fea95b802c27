"""Gates before orders and quotes. Goal: who is refused pays nothing, claims nothing, and reads why. Method: a shop with a gate."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.usecases.shop import CALLER, CUP, TEA, Shop, rule_files
from tuan.domain.ruleset import Stage
from tuan.plugin import GateRefused, Refusal, RefusalKind, RiskChecker, Verdict, VerdictKind
from tuan.usecases.assemble import Assembled
from tuan.usecases.order_commands import Placed
from tuan.usecases.pricing.fact_reader import GivenFact
from tuan.usecases.rules.simulate_rules import OrderWindow
from tuan_rules.pricing.gates import Gates

MEMBERS = 'gate "members" { when = buyer.level < 1  message = { zh: "仅限会员", en: "Members only" }  code = "G-1" }\n'
NO_TEA = 'gate "no-tea" { on = line.sku in ["tea"]  when = (buyer.region ?? "") == "HK"  message = "No tea"  code = "G-2" }\n'
NO_CUPS = 'gate "no-cups" { when = cart.units >= 5  message = "Too many"  code = "G-3" }\n'
LEVEL = (GivenFact("buyer.level", "number", 2),)


class Witness(RiskChecker):
    """Remembers whom it was asked about."""

    code = "witness"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def assess(self, attempts):
        self.asked += [attempt.buyer for attempt in attempts]
        return [Verdict(VerdictKind.ALLOW)] * len(attempts)


async def test_the_first_gate_by_id_refuses(shop: Shop) -> None:
    """Goal: one answer, the same whatever the order of blocks, with all that is known of it. Method: two gates hold for one cart."""
    await shop.publish(NO_TEA + MEMBERS)
    refused = await shop.place("r1", (CUP, 1, ""), (TEA, 1, ""), region="HK")
    assert refused == Refusal(
        RefusalKind.GATE_REFUSED,
        "仅限会员",
        gate=GateRefused(
            "shop.rules/gate/members", "G-1", "仅限会员", {"zh": "仅限会员", "en": "Members only"}, (), "buyer.level"
        ),
    )
    refused = await shop.place("r2", (CUP, 1, ""), (TEA, 1, ""), region="HK", facts=LEVEL)
    assert isinstance(refused, Refusal) and refused.gate is not None
    assert (refused.gate.code, refused.gate.lines, refused.gate.missing) == ("G-2", (1,), "")
    assert refused.gate.in_language("zh") == "No tea"
    await shop.placed("r3", (CUP, 1, ""), (TEA, 1, ""), region="SH", facts=LEVEL)
    assert await shop.available() == 99


async def test_nobody_is_suspected_and_nothing_is_priced_for_the_refused(record, clock) -> None:
    """Goal: gates come first, and each order of a batch has its own answer. Method: a checker and a promotion that remember."""
    witness = Witness()
    shop = Shop(record, clock, [witness])
    await shop.open()
    await shop.publish(NO_CUPS)
    asked: list[str] = []
    shop.deal.on_admit = lambda attempt: asked.append(attempt.buyer)
    await shop.begin(shop.activity())
    commands = [
        shop.command(f"r{units}", (TEA, units, "sale"), (CUP, 1, ""), buyer=f"b{units}") for units in (4, 1, 2, 9)
    ]
    results = await shop.placer.place(commands)
    assert [type(result) for result in results] == [Refusal, Placed, Placed, Refusal]
    assert witness.asked == asked == ["b1", "b2"]
    assert (await shop.available("sale"), await shop.available(sku=CUP)) == (7, 98)
    await shop.assert_clean()


async def test_a_repeat_is_answered_as_the_first_time(shop: Shop) -> None:
    """Goal: a gate that closes does not take back what was granted. Method: an order, then a gate, then the same order again."""
    placed = await shop.placed("r1")
    await shop.publish(MEMBERS)
    again = await shop.placed("r1")
    assert (again.order_id, again.replayed) == (placed.order_id, True)
    assert isinstance(await shop.place("r2"), Refusal)


async def test_quotes_are_refused_too_and_explained(shop: Shop) -> None:
    """Goal: a quote does not promise what no order gets; an explanation shows price and gate. Method: one cart, asked three ways."""
    await shop.publish(MEMBERS)
    command = shop.command("q", (TEA, 2, ""))
    quoted = await shop.placer.quote(command)
    assert isinstance(quoted, Refusal) and quoted.kind is RefusalKind.GATE_REFUSED
    explained = await shop.rules.explainer.of_cart(command)
    assert [(gate.code, gate.missing) for gate in explained.gates] == [("G-1", "buyer.level")]
    assert (explained.total_minor, explained.reproduced) == (20_00, True)
    assert isinstance(await shop.placer.quote(shop.command("q", facts=LEVEL)), Assembled)


async def test_an_order_pins_the_rules_that_let_it_through(shop: Shop) -> None:
    """Goal: an order is explained by the gates of its time. Method: an order under a gate, then a stricter version of it."""
    first = await shop.publish(NO_CUPS)
    placed = await shop.placed("r1", (TEA, 2, ""))
    await shop.publish(NO_CUPS.replace(">= 5", ">= 2"), request_id="p2")
    order = (await shop.order(placed.order_id)).placed
    assert order.ruleset_hash == first
    explained = await shop.rules.explainer.of_order(order)
    assert (explained.gates, explained.reproduced) == ((), True)


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.SHADOW])
async def test_gates_are_those_of_the_rules_that_price_the_buyer(shop: Shop, stage: Stage) -> None:
    """Goal: a canary's gate stops its own buyers alone, a shadow's nobody. Method: 40 buyers and a gate that refuses everybody."""
    percent = 50 if stage is Stage.CANARY else 0
    gate = 'gate "all" { when = cart.units >= 1  message = "Closed"  code = "G-9" }\n'
    await shop.publish(gate, stage=stage, canary_percent=percent)
    results = await shop.placer.place([shop.command(f"r{n}", buyer=f"b{n}") for n in range(40)])
    canary = shop.keeper.current.book.canaries.get("CNY")
    chosen = [canary is not None and canary.has(f"b{n}") for n in range(40)]
    assert [isinstance(result, Refusal) for result in results] == chosen
    assert any(chosen) is (stage is Stage.CANARY) and not all(chosen)


async def test_gates_are_compiled_before_the_first_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no order waits for a compiler, and where there is no gate nobody asks. Method: count what is compiled and asked."""
    made: list[int] = []
    init = Gates.__init__
    monkeypatch.setattr(Gates, "__init__", lambda self, *plans: (made.append(1), init(self, *plans))[1])
    await shop.publish('define "vip" { is = buyer.level >= 3 }\n', request_id="p0")
    assert (shop.keeper.current.book.gated, made) == (False, [])
    await shop.publish(NO_CUPS)
    assert (shop.keeper.current.book.gated, made) == (True, [1])
    await shop.placed("r1")
    assert made == [1]


async def test_a_backtest_counts_the_refused(shop: Shop) -> None:
    """Goal: a merchant sees whom a gate would have turned away. Method: orders of one to six units, simulated with a gate at five."""
    for units in range(1, 7):
        await shop.placed(f"r{units}", (TEA, units, ""))
    *_, (report, whole) = [
        step async for step in shop.rules.simulator.simulate(OrderWindow(), files=rule_files(NO_CUPS))
    ]
    assert whole
    assert (report.orders, report.refused, report.simulated_minor) == (6, 2, report.live_minor)
    assert report.rules["shop.rules/gate/no-cups"].simulated_refused == 2


async def test_a_gate_goes_with_its_version(shop: Shop) -> None:
    """Goal: hot swap and rollback take gates along. Method: a gate, a version without, and back."""
    await shop.publish(MEMBERS)
    assert isinstance(await shop.place("r1"), Refusal)
    await shop.publish(NO_CUPS, request_id="p2")
    await shop.placed("r1")
    await shop.rules.roller.roll_back(CALLER, "back", "shop.rules")
    assert isinstance(await shop.place("r2"), Refusal)


async def test_gate_and_price_are_of_one_version_under_load(shop: Shop) -> None:
    """Goal: the swap is atomic: whoever got past a gate pays by the same version. Method: versions in turn, each with a region that it
    refuses and a percent of its own; orders from both regions all the while."""
    stack = 'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
    done = asyncio.Event()

    def version(region: str, percent: int) -> str:
        gate = f'gate "g" {{ when = (buyer.region ?? "") == "{region}"  message = "no"  code = "{region}" }}\n'
        return stack + gate + f'price "off" {{ give = off({percent}%)  stack = stack "s" }}\n'

    async def publish() -> None:
        for number in range(2, 8):
            await shop.publish(version("HK" if number % 2 else "MO", 10 * (1 + number % 2)), request_id=f"p{number}")
        done.set()

    await shop.publish(version("HK", 20))
    await shop.stock_up(100_000)
    publishing = asyncio.create_task(publish())
    seen: set[tuple[str, object]] = set()
    while not done.is_set():
        regions = ("HK", "MO") * 2
        commands = [shop.command(shop.ids.new(), region=region) for region in regions]
        for region, result in zip(regions, await shop.placer.place(commands), strict=True):
            seen.add((region, result.total_minor if isinstance(result, Placed) else result.gate.code))
    await publishing
    assert seen == {("HK", "HK"), ("HK", 9_00), ("MO", "MO"), ("MO", 8_00)}
    await shop.assert_clean()
