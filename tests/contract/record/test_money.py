"""Payments with their inbox, refunds, the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tuan.adapters.sql_record import SqlRecord
from tuan.domain.errors import Reason, TuanError
from tuan.domain.ledger import LedgerEntry, LedgerTransaction
from tuan.domain.payment import (
    Payment,
    PaymentNotice,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
    RefundUnits,
)

PAYMENT = Payment("p1", "shop", "r1", "sandbox", "CNY", 300, (("o1", 100), ("o2", 200)), PaymentState.CREATED, 7)
NOTICE = PaymentNotice("sandbox", "tx1", "p1", True, 300, "CNY", 9)


def refund(refund_id: str, create_time_ms: int = 1) -> Refund:
    return Refund(
        refund_id,
        "o1",
        "p1",
        "sandbox",
        "tx1",
        "CNY",
        50,
        RefundCause.BUYER,
        RefundState.REQUESTED,
        (RefundUnits(0, 1, 2),),
        create_time_ms,
        "request",
    )


def sale(reference: str, amount_minor: int, currency: str = "CNY") -> LedgerTransaction:
    entries = (LedgerEntry("channel:sandbox", amount_minor), LedgerEntry("sales:shop", -amount_minor))
    return LedgerTransaction("sale", reference, "o1", currency, 1, entries)


def test_a_payment_is_stored_once_per_request(record: SqlRecord) -> None:
    """Goal: a repeated CreatePayment makes one payment. Method: put it twice, then another one for the same request."""
    record.write_now(lambda unit: unit.payments.put(PAYMENT))
    record.write_now(lambda unit: unit.payments.put(PAYMENT))
    assert record.read_now(lambda unit: unit.payments.get("p1")) == PAYMENT
    assert record.read_now(lambda unit: unit.payments.by_requests([("shop", "r1"), ("shop", "r2")])) == [PAYMENT]
    assert record.read_now(lambda unit: unit.payments.by_requests([("other", "r1")])) == []
    other = Payment("p2", *(getattr(PAYMENT, name) for name in list(PAYMENT.__dataclass_fields__)[1:]))
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.payments.put(other))
    assert caught.value.reason is Reason.REQUEST_ID_REUSED


def test_a_payment_keeps_its_transaction_id(record: SqlRecord) -> None:
    """Goal: a later state without a transaction id does not erase it. Method: succeeded with one, closed without."""
    record.write_now(lambda unit: unit.payments.put(PAYMENT))
    record.write_now(lambda unit: unit.payments.set_state("p1", PaymentState.SUCCEEDED, "tx1"))
    record.write_now(lambda unit: unit.payments.set_state("p1", PaymentState.CLOSED))
    found = record.read_now(lambda unit: unit.payments.get("p1"))
    assert found is not None and (found.state, found.transaction_id) == (PaymentState.CLOSED, "tx1")
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.payments.set_state("none", PaymentState.CLOSED))
    assert caught.value.reason is Reason.PAYMENT_NOT_FOUND


def test_the_inbox_takes_a_notice_once(record: SqlRecord) -> None:
    """Goal: a callback five times has one effect. Method: the same (gateway, transaction id) five times, and another gateway."""
    answers = [record.write_now(lambda unit: unit.payments.put_notices([NOTICE])) for _ in range(5)]
    assert answers == [[True], [False], [False], [False], [False]]
    assert record.read_now(lambda unit: unit.payments.notice("sandbox", "tx1")) == NOTICE
    assert record.read_now(lambda unit: unit.payments.notice("other", "tx1")) is None


def test_payments_are_stored_and_decided_together(record: SqlRecord) -> None:
    """Goal: one statement for many. Method: 600 at once, more than one statement takes; read by id and by request, decide two."""
    many = [replace(PAYMENT, payment_id=f"p{number}", request_id=f"r{number}") for number in range(600)]
    record.write_now(lambda unit: unit.payments.put(*many))
    record.write_now(lambda unit: unit.payments.put(*many, replace(PAYMENT, payment_id="new", request_id="new")))
    found = record.read_now(lambda unit: unit.payments.many([f"p{number}" for number in range(601)]))
    assert sorted(found, key=lambda payment: payment.payment_id) == sorted(many, key=lambda payment: payment.payment_id)
    pairs = [("shop", "r1"), ("other", "r2"), ("shop", "r599"), ("shop", "unknown")]
    found = record.read_now(lambda unit: unit.payments.by_requests(pairs))
    assert {payment.payment_id for payment in found} == {"p1", "p599"}
    decided = [
        replace(many[1], state=PaymentState.SUCCEEDED, transaction_id="tx1"),
        replace(many[2], state=PaymentState.FAILED),
    ]
    record.write_now(lambda unit: unit.payments.decide(decided))
    record.write_now(lambda unit: unit.payments.decide([]))
    found = record.read_now(lambda unit: unit.payments.many(["p1", "p2", "p3"]))
    assert sorted(found, key=lambda payment: payment.payment_id) == [*decided, many[3]]


def test_one_of_many_payments_whose_request_made_another(record: SqlRecord) -> None:
    """Goal: none of a batch replaces another's payment. Method: the second of two has a request id that is taken."""
    record.write_now(lambda unit: unit.payments.put(PAYMENT))
    new = [replace(PAYMENT, payment_id="p2", request_id="r2"), replace(PAYMENT, payment_id="p3")]
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.payments.put(*new))
    assert caught.value.reason is Reason.REQUEST_ID_REUSED
    assert record.read_now(lambda unit: unit.payments.many(["p2", "p3"])) == []


def test_the_inbox_takes_many_at_once(record: SqlRecord) -> None:
    """Goal: each of a batch hears whether it was new. Method: twice the same among them, known ones, two gateways."""
    other = replace(NOTICE, gateway="other")
    third = replace(NOTICE, transaction_id="tx3")
    assert record.write_now(lambda unit: unit.payments.put_notices([NOTICE, other, NOTICE])) == [True, True, False]
    assert record.write_now(lambda unit: unit.payments.put_notices([other, third])) == [False, True]
    assert record.write_now(lambda unit: unit.payments.put_notices([])) == []
    keys = [("sandbox", "tx1"), ("other", "tx1"), ("sandbox", "tx3"), ("other", "tx3")]
    found = record.read_now(lambda unit: unit.payments.notices(keys))
    assert sorted(found, key=repr) == sorted([NOTICE, other, third], key=repr)


def test_refunds_are_stored_once_and_worked_off(record: SqlRecord) -> None:
    """Goal: the refund job's steps. Method: put twice, fail, restock, succeed; two of one order in order of time."""
    assert record.write_now(lambda unit: unit.refunds.put(refund("f2", 2)))
    assert record.write_now(lambda unit: unit.refunds.put(refund("f1", 1)))
    assert not record.write_now(lambda unit: unit.refunds.put(refund("f1", 9)))
    record.write_now(lambda unit: unit.refunds.set_state("f1", RefundState.FAILED, 3, "closed account"))
    record.write_now(lambda unit: unit.refunds.set_restocked("f1"))
    first, second = record.read_now(lambda unit: unit.refunds.of_order("o1"))
    assert second == refund("f2", 2)
    assert (first.state, first.attempts, first.last_error, first.restocked) == (
        RefundState.FAILED,
        3,
        "closed account",
        True,
    )
    with pytest.raises(TuanError) as caught:
        record.write_now(lambda unit: unit.refunds.set_restocked("none"))
    assert caught.value.reason is Reason.REFUND_NOT_FOUND
    assert record.read_now(lambda unit: unit.refunds.get("none")) is None
    assert record.read_now(lambda unit: unit.refunds.known(["f1", "none", "f2"])) == {"f1", "f2"}


def test_the_ledger_posts_once_per_kind_and_reference(record: SqlRecord) -> None:
    """Goal: posting again has no effect, even with other amounts. Method: balances after repeats, by account and currency."""
    record.write_now(lambda unit: unit.ledger.post([sale("a", 100), sale("b", 20, "GBP")]))
    record.write_now(lambda unit: unit.ledger.post([sale("a", 999), sale("c", 1)]))
    assert record.read_now(lambda unit: unit.ledger.balances("channel:")) == {
        ("channel:sandbox", "CNY"): 101,
        ("channel:sandbox", "GBP"): 20,
    }
    assert record.read_now(lambda unit: unit.ledger.balances("chan_el:")) == {}
    assert sum(record.read_now(lambda unit: unit.ledger.balances()).values()) == 0
