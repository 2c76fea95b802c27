"""Payments are made out together: one transaction for many, each with its own outcome; and so are the notices of their money."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.usecases.shop import CALLER, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.payment import Payment, PaymentState
from tuan.usecases.create_payment import CreatePayment
from tuan.usecases.order_commands import Placed
from tuan.usecases.owned import payment_seen_by
from tuan.usecases.query_payment import PaymentAsker
from tuan.usecases.receive_notice import NoticeReceiver


def command(*order_ids: str, request_id: str = "pay", **changes: str) -> CreatePayment:
    return CreatePayment(
        **{"caller": CALLER, "request_id": request_id, "gateway": "bank", **changes}, order_ids=order_ids
    )  # type: ignore[arg-type]


async def made(shop: Shop, *commands: CreatePayment) -> list[Payment | Reason]:
    """All at the same time: the payment of each, or the reason why not."""
    answers = await asyncio.gather(*(shop.payments.create(each) for each in commands), return_exceptions=True)
    outcomes: list[Payment | Reason] = []
    for answer in answers:
        if isinstance(answer, TuanError):
            outcomes.append(answer.reason)
        else:
            assert not isinstance(answer, BaseException), answer
            outcomes.append(answer[0])
    return outcomes


async def orders(shop: Shop, count: int) -> list[Placed]:
    return [await shop.placed(f"r{number}", buyer=f"b{number}") for number in range(count)]


async def test_many_at_once_are_one_transaction(shop: Shop) -> None:
    """Goal: 20 payments cost what one costs. Method: create them at the same time; count transactions, compare each."""
    placed = await orders(shop, 20)
    shop.power.restore()
    outcomes = await made(shop, *(command(order.order_id, request_id=order.order_id) for order in placed))
    assert shop.power.calls == 1
    payments = [outcome for outcome in outcomes if isinstance(outcome, Payment)]
    assert [(payment.request_id, payment.shares) for payment in payments] == [
        (order.order_id, ((order.order_id, order.total_minor),)) for order in placed
    ]
    assert len({payment.payment_id for payment in payments}) == 20
    stored = await shop.sql.read(lambda unit: unit.payments.many([payment.payment_id for payment in payments]))
    assert sorted(stored, key=lambda payment: payment.payment_id) == payments


async def test_the_same_request_at_the_same_time_is_one_payment(shop: Shop) -> None:
    """Goal: a client that repeats a call which is still under way gets the same answer. Method: five at once, one of them with
    another order."""
    first, second = await orders(shop, 2)
    again = command(first.order_id)
    outcomes = await made(shop, again, again, command(second.order_id), again, again)
    assert outcomes[2] is Reason.REQUEST_ID_REUSED
    assert len({outcome for outcome in outcomes if isinstance(outcome, Payment)}) == 1


async def test_each_has_its_own_outcome(shop: Shop) -> None:
    """Goal: a refusal is one caller's. Method: good ones beside an unknown order, another caller's, another buyer's and one that
    has ended."""
    mine, ended, theirs = await orders(shop, 3)
    await shop.cancel(ended.order_id)
    shop.power.restore()
    outcomes = await made(
        shop,
        command(mine.order_id, request_id="1"),
        command("no-such-order", request_id="2"),
        command(mine.order_id, request_id="3", caller="another"),
        command(theirs.order_id, request_id="4", buyer="b0"),
        command(ended.order_id, request_id="5"),
        command(mine.order_id, request_id="6", buyer="b0"),
        command(mine.order_id, theirs.order_id, request_id="7", buyer="b0"),
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Reason)] == [
        Reason.ORDER_NOT_FOUND,
        Reason.ORDER_NOT_FOUND,
        Reason.ORDER_NOT_FOUND,
        Reason.ORDER_STATE_CONFLICT,
        Reason.ORDER_NOT_FOUND,
    ]
    assert isinstance(outcomes[0], Payment) and isinstance(outcomes[5], Payment)
    assert shop.power.calls == 2  # all of them, and once more the one whose order might have come meanwhile


async def test_a_buyers_credentials_see_no_repeat_of_another_buyers_payment(shop: Shop) -> None:
    """Goal: a known request id opens no door. Method: repeat and read a payment with the credentials of its buyer, and of another."""
    [order] = await orders(shop, 1)
    [payment] = await made(shop, command(order.order_id, buyer="b0"))
    assert isinstance(payment, Payment)
    assert await made(shop, command(order.order_id, buyer="b0")) == [payment]
    assert await made(shop, command(order.order_id, buyer="b1")) == [Reason.ORDER_NOT_FOUND]
    seen = await shop.sql.read(lambda unit: payment_seen_by(unit, payment.payment_id, CALLER, "b0"))
    assert seen == payment
    for caller, buyer, reason in ((CALLER, "b1", Reason.ORDER_NOT_FOUND), ("another", "", Reason.PAYMENT_NOT_FOUND)):
        with pytest.raises(TuanError) as raised:
            await shop.sql.read(lambda unit, who=(caller, buyer): payment_seen_by(unit, payment.payment_id, *who))
        assert raised.value.reason is reason


async def test_an_order_that_is_not_drained_yet_is_waited_for(shop: Shop) -> None:
    """Goal: an order that was acknowledged can be paid, and nobody waits for another's. Method: one order drained, one not."""
    drained = await shop.placed("r1", buyer="b1")
    shop.draining = False
    late = await shop.placed("r2", buyer="b2")
    waiting = asyncio.create_task(shop.payments.create(command(late.order_id, request_id="late")))
    await shop.payments.create(command(drained.order_id, request_id="drained"))
    assert not waiting.done()
    shop.draining = True
    shop.drain()
    payment, _ = await asyncio.wait_for(waiting, 10)
    assert payment.shares == ((late.order_id, late.total_minor),)


def receiver(shop: Shop) -> NoticeReceiver:
    return NoticeReceiver(shop.record, shop.registry, shop.supervisor, shop.clock, shop.jobs.wake)


async def test_notices_that_come_together_are_one_transaction(shop: Shop) -> None:
    """Goal: a callback is new once, however it comes. Method: ten notices twice each, at the same time; then all once more."""
    placed = await orders(shop, 10)
    payment_ids = [await shop.payment(order.order_id, request_id=order.order_id) for order in placed]
    bodies = [f"t{number} {payment_id} 1000".encode() for number, payment_id in enumerate(payment_ids)]
    inbox = receiver(shop)
    shop.power.restore()
    # Side by side in plugin workers: which of two equal ones comes first is nobody's business.
    answers = await asyncio.gather(*(inbox.receive("bank", {}, body) for body in bodies * 2))
    assert sorted(new for _, new in answers) == [False] * 10 + [True] * 10
    assert shop.power.calls < 20
    again = await asyncio.gather(*(inbox.receive("bank", {}, body) for body in bodies))
    assert not any(new for _, new in again)
    assert await shop.jobs.run_due() == 10
    assert await shop.jobs.run_due() == 0
    await shop.assert_clean()


async def test_who_asks_hears_of_the_decision_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: nobody polls for what a job of this process decides. Method: polls are an hour apart; the job runs; both kinds of
    handler tell."""
    monkeypatch.setattr("tuan.usecases.query_payment.POLL_MS", 3_600_000)
    monkeypatch.setattr("tuan.usecases.query_payment.WAIT_MS_MAX", 2 * 3_600_000)
    asker = PaymentAsker(shop.record, receiver(shop), shop.applier.decided)
    for number, order in enumerate(await orders(shop, 2)):
        payment_id = await shop.payment(order.order_id, request_id=order.order_id)
        asking = asyncio.create_task(asker.ask(CALLER, f"ask{number}", payment_id))
        jobs = []
        while not jobs and not asking.done():
            jobs = await shop.sql.read(lambda unit: unit.jobs.due(shop.clock.now_ms(), 9, ["apply_payment"]))
        if number:
            await shop.applier.handle(jobs[0])
        else:
            await shop.jobs.run_due()
        payment = await asyncio.wait_for(asking, 10)
        assert (payment.state, payment.transaction_id) == (PaymentState.SUCCEEDED, f"t-{payment_id}")
