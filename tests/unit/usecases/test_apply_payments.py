"""Payments that are applied together end as they would alone, for a fraction of the calls."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.usecases.power import PowerCut
from tests.unit.usecases.shop import CUP, TEA, Shop
from tuan.domain.activity import RETAIL
from tuan.domain.claim import Answer, Code
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentState, RefundCause, RefundState
from tuan.usecases.apply_payment import Money
from tuan.usecases.order_commands import Placed

READY, PENDING = OrderState.READY_TO_SHIP, OrderState.PENDING_PAYMENT
FORMS: tuple[tuple[tuple[str, int, str], ...], ...] = (
    ((TEA, 1, ""),),
    ((TEA, 1, "sale"),),
    ((TEA, 1, "sale"), (CUP, 1, "")),
)


async def orders(shop: Shop, count: int) -> list[Placed]:
    """On retail, on the sale and on both in turn, each of a buyer of its own."""
    return [await shop.placed(f"r{number}", *FORMS[number % len(FORMS)], buyer=f"b{number}") for number in range(count)]


async def noticed(shop: Shop, *placed: Placed, name: str = "") -> str:
    """Asked for and paid at the channel; nothing is applied yet."""
    name = name or placed[0].order_id
    payment_id = await shop.payment(*(order.order_id for order in placed), request_id=f"pay-{name}")
    await shop.notice(payment_id, sum(order.total_minor for order in placed), f"t-{name}")
    return payment_id


async def states(shop: Shop, placed: list[Placed]) -> Counter[OrderState]:
    return Counter([(await shop.order(order.order_id)).state for order in placed])


async def test_many_payments_are_a_script_per_shard(shop: Shop) -> None:
    """Goal: 30 payments cost what one costs. Method: orders on one shard and on two, one payment over three orders; count the
    scripts; all are paid, and the audit finds nothing."""
    await shop.begin(shop.activity(quantity=50))
    placed = await orders(shop, 33)
    await noticed(shop, *placed[:3])
    for order in placed[3:]:
        await noticed(shop, order)
    shop.store.seen.clear()
    shop.power.restore()
    assert await shop.jobs.run_due() == 31
    # First shards: retail alone or before the sale; then the sale of those on both.
    assert Counter(shop.store.seen) == {("confirm", RETAIL): 1, ("confirm", "sale"): 2}
    assert shop.power.calls == 3 + 2  # the scripts, what was decided, the ends
    assert await states(shop, placed) == {READY: 33}
    await shop.assert_clean()


async def test_repeats_change_nothing(shop: Shop) -> None:
    """Goal: a job that comes again after a crash finds its work done. Method: apply, open the jobs again, apply."""
    placed = [await shop.placed(f"r{number}", buyer=f"b{number}") for number in "12"]
    for order in placed:
        await noticed(shop, order)
    due = await shop.sql.read(lambda unit: unit.jobs.due(shop.clock.now_ms(), 9))
    await shop.work()
    versions = [(await shop.order(order.order_id)).version for order in placed]
    shop.store.seen.clear()
    assert await shop.batch_applier.handle(due) == {job.job_id: None for job in due}
    assert [(await shop.order(order.order_id)).version for order in placed] == versions
    assert shop.store.seen == []
    await shop.assert_clean()


async def test_every_case_in_one_batch(shop: Shop) -> None:
    """Goal: what is not plain is worked out as it would be alone, and the plain ones are not held up by it. Method: plain, late,
    cancelled and resold, paid twice, charged twice, of a wrong amount, failed, for nobody; all due at once."""
    await shop.begin(shop.activity(quantity=3))
    plain = [await shop.placed(f"plain{number}", buyer=f"p{number}") for number in range(4)]
    fits = await shop.placed("fits", buyer="f")
    gone = await shop.placed("gone", (TEA, 1, "sale"), buyer="g")
    twice = await shop.placed("twice", buyer="t")
    charged = await shop.placed("charged", buyer="c")
    wrong = await shop.placed("wrong", buyer="w")
    failed = await shop.placed("failed", buyer="x")
    for order in (*plain, fits, gone, twice):
        await noticed(shop, order)
    await noticed(shop, twice, name="second")
    charged_id = await noticed(shop, charged)
    await shop.notice(charged_id, charged.total_minor, "t-again")
    wrong_id = await shop.payment(wrong.order_id, request_id="wrong")
    await shop.notice(wrong_id, wrong.total_minor - 1, "t-wrong")
    failed_id = await shop.payment(failed.order_id, request_id="failed")
    await shop.notice(failed_id, failed.total_minor, "t-failed", succeeded=False)
    await shop.notice("nobody's", 5, "t-nobody")
    await shop.cancel(fits.order_id)
    await shop.cancel(gone.order_id, "cancel-gone")
    for number in range(3):
        await shop.placed(f"rival{number}", (TEA, 1, "sale"), buyer=f"r{number}")
    shop.store.seen.clear()
    await shop.work()
    assert await states(shop, [*plain, fits, twice, charged]) == {READY: 7}
    assert await states(shop, [wrong, failed]) == {PENDING: 2}
    assert (await shop.order(gone.order_id)).state is OrderState.CANCELLED
    assert shop.store.seen.count(("confirm", RETAIL)) == 1
    payment = await shop.sql.read(lambda unit: unit.payments.get(failed_id))
    assert payment is not None and payment.state is PaymentState.FAILED
    found = [refund for order_id in (gone.order_id, twice.order_id, "") for refund in await shop.refunds(order_id)]
    assert {refund.state for refund in found} == {RefundState.SUCCEEDED}
    assert Counter((refund.cause, refund.amount_minor) for refund in found) == {
        (RefundCause.LATE_PAYMENT, gone.total_minor): 1,
        (RefundCause.DOUBLE_PAYMENT, twice.total_minor): 2,
        (RefundCause.AMOUNT_MISMATCH, wrong.total_minor - 1): 1,
        (RefundCause.AMOUNT_MISMATCH, 5): 1,
    }
    await shop.assert_clean()


async def test_a_shard_that_is_away_fails_its_own(shop: Shop) -> None:
    """Goal: one shard's trouble is not another's. Method: the sale refuses once; retail's are paid, the sale's a while later."""
    await shop.begin(shop.activity())
    placed = await orders(shop, 9)
    for order in placed:
        await noticed(shop, order)
    shop.store.trouble["confirm", "sale"] = lambda arguments: [Answer(Code.SHARD_CLOSED) for _ in arguments[1]]
    await shop.work()
    assert await states(shop, placed) == {READY: 3, PENDING: 6}
    assert shop.watch.refused_shards == {"sale"}
    shop.store.trouble.clear()
    shop.clock.advance(10_000)
    await shop.work()
    assert await states(shop, placed) == {READY: 9}
    await shop.assert_clean()


async def test_a_store_that_fails_one_shard_fails_its_own(shop: Shop) -> None:
    """Goal: an unknown outcome is asked for again. Method: the script runs, its answer is lost; the next try pays, once."""
    await shop.begin(shop.activity())
    placed = await orders(shop, 6)
    for order in placed:
        await noticed(shop, order)

    def lost(arguments: object) -> object:
        raise ConnectionError("lost")

    shop.store.trouble["confirm", RETAIL] = lost
    await shop.work()
    assert await states(shop, placed) == {READY: 2, PENDING: 4}
    shop.store.trouble.clear()
    shop.clock.advance(10_000)
    await shop.work()
    assert await states(shop, placed) == {READY: 6}
    await shop.assert_clean()


async def test_a_drain_that_is_behind_is_asked_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a batch waits for no drain that stands still. Method: confirm undrained; the jobs come again when it moves."""
    monkeypatch.setattr("tuan.usecases.apply_payments.DRAIN_WAIT_S", 0.01)
    placed = [await shop.placed(f"r{number}", buyer=f"b{number}") for number in range(3)]
    for order in placed:
        await noticed(shop, order)
    shop.draining = False
    assert await shop.jobs.run_due() == 3
    assert await states(shop, placed) == {PENDING: 3}
    shop.draining = True
    shop.drain()
    shop.clock.advance(10_000)
    shop.store.seen.clear()
    await shop.work()
    assert shop.store.seen == []  # confirmed already, and SQL knows
    assert await states(shop, placed) == {READY: 3}
    await shop.assert_clean()


async def test_an_order_that_another_payment_works_on_waits_for_its_turn(shop: Shop) -> None:
    """Goal: one at a time per order, and no batch waits for it. Method: hold an order's lock during a batch; then run all."""
    placed = [await shop.placed(f"r{number}", buyer=f"b{number}") for number in range(3)]
    for order in placed:
        await noticed(shop, order)
    jobs = await shop.sql.read(lambda unit: unit.jobs.due(shop.clock.now_ms(), 9))
    async with shop.applier.locks.of(placed[1].order_id):
        assert await shop.batch_applier.handle(jobs) == {jobs[0].job_id: None, jobs[2].job_id: None}
        assert (await shop.order(placed[1].order_id)).state is PENDING
    assert await shop.jobs.run_due() == 3
    assert await states(shop, placed) == {READY: 3}
    assert not any(shop.applier.locks.taken(order.order_id) for order in placed)


async def test_money_on_its_way_back_pays_nothing(shop: Shop) -> None:
    """Goal: a refund that is recorded is final. Method: record it for one of two payments that wait to be applied."""
    placed = [await shop.placed(f"r{number}", buyer=f"b{number}") for number in range(2)]
    for order in placed:
        await noticed(shop, order)
    jobs = await shop.sql.read(lambda unit: unit.jobs.due(shop.clock.now_ms(), 9))
    [notice] = await shop.sql.read(lambda unit: unit.payments.notices([("bank", f"t-{placed[0].order_id}")]))
    payment = await shop.sql.read(lambda unit: unit.payments.get(notice.payment_id))
    assert payment is not None
    money = Money(payment, notice, placed[0].order_id, placed[0].total_minor)
    await shop.applier._refund(notice, payment, money.order_id, money.amount_minor, RefundCause.LATE_PAYMENT)
    assert await shop.batch_applier.handle(jobs) == {jobs[1].job_id: None}
    await shop.work()
    assert [(await shop.order(order.order_id)).state for order in placed] == [PENDING, READY]
    assert [refund.refund_id for refund in await shop.refunds(placed[0].order_id)] == [money.refund_id]
    await shop.assert_clean()


@pytest.mark.parametrize("cut", range(1, 9))
async def test_power_cuts_while_many_are_applied(shop: Shop, cut: int) -> None:
    """Goal: each is applied once, whatever fails. Method: cut the power after each store call of a batch with an order on two
    shards, a second payment and a payment over two orders; start again."""
    await shop.begin(shop.activity())
    placed = await orders(shop, 6)
    await noticed(shop, *placed[:2])
    for order in placed[2:]:
        await noticed(shop, order)
    await noticed(shop, placed[5], name="second")
    shop.power.restore(fail_at=cut)
    try:
        await shop.work()
    except PowerCut:
        shop.restart()
        await shop.keeper.refresh()
        shop.clock.advance(1_000)
        await shop.work()
    assert await states(shop, placed) == {READY: 6}
    [refund] = await shop.refunds(placed[5].order_id)
    assert (refund.cause, refund.state) == (RefundCause.DOUBLE_PAYMENT, RefundState.SUCCEEDED)
    await shop.assert_clean()
