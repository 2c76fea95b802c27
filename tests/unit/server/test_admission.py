"""Who is let in: views before orders are refused, payments never; the time that is named grows with the crowd. A clock that tests move."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.contract.api.live import built_in_plugins
from tuan.domain.errors import Reason, TuanError
from tuan.server.interceptors.methods import facts_of
from tuan.server.overload.admission import RETRY_MS_MAX, RETRY_MS_MIN, Admission
from tuan.server.overload.shedding import Shedding
from tuan.settings import Settings
from tuan.usecases.drain_lag import DrainLag

SERVICES = (
    "OrderService PricingService PaymentService AdminService RuleService FlashSaleService EventService CatalogueService "
    "CampaignService InventoryService CouponService PointsService WalletService"
).split()


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Door:
    """An admission with everything that it asks in the test's hands."""

    def __init__(self, chance: float = 0.5, **settings: Any) -> None:
        self.clock = Clock()
        self.lag = DrainLag(5.0, self.clock)
        self.away: TuanError | None = None
        self.admission = Admission(
            Settings(batch_size_max=128, **settings), self.lag, lambda: self.away, self.clock, lambda: chance
        )
        self.limit = int(self.admission.limit.limit)

    def refusal(self, shedding: Shedding = Shedding.LATE) -> TuanError:
        with pytest.raises(TuanError) as refused:
            self.admission.check(shedding)
        assert refused.value.reason is Reason.OVERLOADED
        return refused.value


def test_views_go_first_and_payments_never() -> None:
    """Goal: the last third belongs to orders. Method: fill it by and by; see who is let in."""
    door = Door()
    door.admission.begin_orders(int(door.limit * 0.7) + 1)
    assert door.refusal(Shedding.FIRST).metadata == {"cause": "work"}
    door.admission.check(Shedding.LATE)
    door.admission.begin_orders(door.limit)
    door.refusal(Shedding.LATE)
    with pytest.raises(TuanError):
        door.admission.begin_orders(1)
    assert door.admission.shed == Counter({("views", "work"): 1, ("orders", "work"): 2})
    door.admission.end("batch", door.limit, door.clock.now_s)
    door.admission.check(Shedding.LATE)


def test_which_method_is_what() -> None:
    """Goal: every method is where options.proto wants it. Method: the descriptors; orders and tickets late, money and status never."""
    built_in_plugins()
    facts = facts_of([f"tuan_api.v1.{service}" for service in SERVICES])
    by_kind: dict[Shedding, set[str]] = {kind: set() for kind in Shedding}
    for name, fact in facts.items():
        by_kind[fact.shedding].add(name.rpartition("/")[2])
    assert by_kind[Shedding.LATE] == {
        "PlaceOrder",
        "BatchPlaceOrders",
        "PlaceOrderStream",
        "RequestTicket",
        "BatchRequestTickets",
    }
    assert {"Quote", "ExplainPrice", "ListOrders", "ListProducts", "GetSale", "CheckRules"} <= by_kind[Shedding.FIRST]
    assert {
        "GetOrder",
        "CreatePayment",
        "GetPayment",
        "DeliverNotice",
        "RefundOrder",
        "ShipOrder",
        "CancelOrder",
        "GetStatus",
        "Audit",
    } <= by_kind[Shedding.NEVER]
    assert {name for name, fact in facts.items() if fact.is_batch} == {
        "/tuan_api.v1.OrderService/BatchPlaceOrders",
        "/tuan_api.v1.FlashSaleService/BatchRequestTickets",
    }


def test_the_time_grows_with_the_crowd_and_differs() -> None:
    """Goal: those who are refused come back when there is room, and not together. Method: 1, then 10 calls for one that is let in."""
    waits = {}
    for crowd in (1, 10):
        for chance in (0.0, 0.5, 1.0):
            door = Door(chance)
            door.admission.begin_orders(128)
            door.clock.now_s += 0.2
            door.admission.end("batch", 128, door.clock.now_s - 0.2)
            door.admission.check(Shedding.LATE)
            door.admission.begin_orders(2 * door.limit)
            for _ in range(crowd - 1):
                door.refusal()
            door.clock.now_s += 2
            waits[crowd, chance] = door.refusal().retry_after_ms
    # 200 ms are what an order takes.
    assert [waits[1, chance] for chance in (0.0, 0.5, 1.0)] == [200, 400, 600]
    assert [waits[10, chance] for chance in (0.0, 0.5, 1.0)] == [1_100, 2_200, 3_300]


def test_the_time_is_bounded() -> None:
    """Goal: nobody is sent away for minutes, or comes back at once. Method: nothing measured yet; a crowd of thousands."""
    door = Door()
    door.admission.begin_orders(2 * door.limit)
    assert door.refusal().retry_after_ms == RETRY_MS_MIN
    door.clock.now_s += 3
    door.admission.end("batch", 1, door.clock.now_s - 3)
    for _ in range(5_000):
        door.refusal()
    door.clock.now_s += 2
    assert door.refusal().retry_after_ms == RETRY_MS_MAX


def test_a_record_that_is_behind() -> None:
    """Goal: orders wait for the drain, views do not. Method: 8 s behind with a bound of 5; then the drain has it."""
    door = Door()
    door.lag.acknowledged("a", 1, 1)
    door.clock.now_s += 8
    refused = door.refusal()
    assert (refused.metadata, refused.retry_after_ms) == ({"cause": "record"}, 3_000)
    door.admission.check(Shedding.FIRST)
    door.lag.committed("a", 1)
    door.admission.check(Shedding.LATE)
    door.admission.begin_orders(256)


def test_a_record_that_is_away() -> None:
    """Goal: `ack=aof` sells on while SQL is away, `ack=sql` refuses before anything is claimed. Method: both, far behind."""
    away = TuanError(Reason.STORE_UNAVAILABLE, "away", retry_after_ms=100, store="record")
    for ack in ("aof", "sql"):
        door = Door(ack=ack)
        door.lag.acknowledged("a", 1, 1)
        door.clock.now_s += 60
        door.away = away
        if ack == "aof":
            door.admission.check(Shedding.LATE)
            door.admission.begin_orders(256)
        else:
            with pytest.raises(TuanError) as refused:
                door.admission.begin_orders(1)
            assert refused.value is away
            assert door.admission.in_work == 0


def test_a_call_whose_time_is_too_short() -> None:
    """Goal: no work for an answer that nobody hears. Method: orders take 50 ms; deadlines of 40 and 60 ms; then nothing was measured."""
    door = Door()
    for _ in range(5):
        door.admission.begin_orders(1)
        door.clock.now_s += 0.05
        door.admission.end("order", 1, door.clock.now_s - 0.05)
    door.admission.check_time(Shedding.LATE, "order", 0.06)
    door.admission.check_time(Shedding.LATE, "order", None)
    with pytest.raises(TuanError) as refused:
        door.admission.check_time(Shedding.LATE, "order", 0.04)
    assert refused.value.metadata == {"cause": "deadline"}
    door.clock.now_s += 5
    door.admission.check_time(Shedding.LATE, "order", 0.001)
