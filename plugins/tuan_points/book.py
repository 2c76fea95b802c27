"""What happens to points, each with its posting: they are owed to buyers from when they come until they are spent or expire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tuan.plugin import LedgerEntry, LedgerTransaction, Unit
from tuan_points.program import Program, share_of_units
from tuan_points.tables import (
    EXPIRED,
    REVALUED,
    SPENT,
    UNEXPIRED,
    Entry,
    add,
    by_reference,
    due_lots,
    expired_after,
    of_order,
    take,
)

#: Lots that expire in one transaction.
LOTS_MAX = 500


def put(unit: Unit, entry: Entry, against: str = "") -> bool:
    """Write an entry and post it, once per reference. `against`: the other account; left out: who pays for the program's points."""
    if not entry.points or not add(unit.connection, entry):
        return False
    amount_minor = entry.points * entry.worth_minor
    accounts = (
        LedgerEntry(f"points:{entry.program_id}", -amount_minor),
        LedgerEntry(against or f"discount:{entry.funded_by}", amount_minor),
    )
    unit.ledger.post(
        [
            LedgerTransaction(
                f"points_{entry.kind}", entry.reference, entry.order_id, entry.currency, entry.time_ms, accounts
            )
        ]
    )
    return True


def grant(unit: Unit, program: Program, caller: str, buyer: str, points: int, reference: str, time_ms: int) -> bool:
    """A present; False where it was given before."""
    return put(unit, _lot(program, caller, buyer, "granted", points, reference, "", time_ms))


def revoke(unit: Unit, reference: str, time_ms: int) -> None:
    """Take back what is left of a present."""
    lot = by_reference(unit.connection, reference)
    if lot is not None and lot.left:
        gone = replace(
            lot, reference=f"revoked/{lot.number}", kind="revoked", points=-lot.left, left=0, time_ms=time_ms,
            expire_time_ms=0,
        )  # fmt: skip
        if put(unit, gone):
            take(unit.connection, lot.account, lot.left, lot.reference)


def earn(unit: Unit, program: Program, order_id: str, time_ms: int) -> None:
    """Points for what was paid with money and not given back."""
    order = unit.orders.get(order_id)
    if order is not None:
        points = program.earned(order.paid_minor - order.refunded_minor)
        who = (order.placed.caller, order.placed.buyer)
        put(unit, _lot(program, *who, "earned", points, f"earned/{order_id}", order_id, time_ms))


def spend(unit: Unit, order_id: str, caller: str, buyer: str, kept: Mapping[str, Any], time_ms: int) -> None:
    """A paid order used points: of those that were there when it was placed, in the order in which they expire.

    What expired since is called back first, else newer points would pay instead; what was over by then pays for nothing, whether or
    not it is written down yet.
    """
    order = unit.orders.get(order_id)
    place_time_ms = order.placed.place_time_ms if order is not None else time_ms
    terms = {"currency": kept["currency"], "worth_minor": kept["worth_minor"], "funded_by": kept["funded_by"]}
    points = int(kept["points"])
    spent = Entry(f"spent/{order_id}", caller, buyer, kept["program_id"], SPENT, -points, order_id, time_ms, **terms)
    if not put(unit, spent):
        return
    missing = points
    taken: Counter[int] = Counter()
    for expire_time_ms, worth_minor, gone in expired_after(unit.connection, spent.account, place_time_ms):
        part = min(gone, missing)
        back = replace(spent, reference=f"unexpired/{order_id}/{expire_time_ms}/{worth_minor}", kind=UNEXPIRED)
        put(unit, replace(back, points=part, expire_time_ms=expire_time_ms, worth_minor=worth_minor))
        missing -= part
        taken[worth_minor] += part
    taken += take(unit.connection, spent.account, missing, valid_at_ms=place_time_ms)
    for worth_minor, count in sorted(taken.items()):
        _revalue(unit, spent, count, worth_minor)


def _revalue(unit: Unit, spent: Entry, count: int, worth_minor: int) -> None:
    """Points that were worth something else when they came are owed at what they pay now, or the ledger would keep the difference."""
    if worth_minor != spent.worth_minor:
        reference = f"revalued/{spent.order_id}/{worth_minor}"
        old = replace(spent, reference=f"{reference}/old", kind=REVALUED, points=-count, worth_minor=worth_minor)
        put(unit, old)
        put(unit, replace(old, reference=f"{reference}/new", points=count, worth_minor=spent.worth_minor))


def refunded(unit: Unit, programs: Mapping[str, Program], refund_id: str, time_ms: int) -> None:
    """Points that paid for the refunded units come back; those that their money earned go."""
    refund = unit.refunds.get(refund_id)
    order = unit.orders.get(refund.order_id) if refund is not None and refund.units else None
    if refund is None or order is None:
        return
    known = of_order(unit.connection, refund.order_id)
    lines = order.placed.lines
    for spent in (each for each in known if each.kind == SPENT):
        offs = [
            -sum(step.amount_minor for step in line.adjustments if step.rule_id == spent.program_id) for line in lines
        ]
        units = [(part.line_index, part.first, part.count) for part in refund.units]
        points = share_of_units(-spent.points, offs, [line.quantity for line in lines], units)
        program = programs.get(spent.program_id)
        lot = replace(
            spent, reference=f"restored/{refund_id}", kind="restored", points=points, left=points, time_ms=time_ms,
            expire_time_ms=program.expire_time_ms(time_ms) if program is not None else 0,
        )  # fmt: skip
        put(unit, lot, f"sales:{order.placed.caller}")
    for earned in (each for each in known if each.kind == "earned"):
        left = sum(each.points for each in known if each.kind in ("earned", "taken_back"))
        program = programs.get(earned.program_id)
        paid, back = order.paid_minor, order.refunded_minor
        # Without the program its rate is unknown: then in proportion to the money.
        due = program.earned(paid - back) if program is not None else earned.points * (paid - back) // paid
        gone = replace(
            earned, reference=f"taken_back/{refund_id}", kind="taken_back", points=min(0, due - left), left=0,
            time_ms=time_ms, expire_time_ms=0,
        )  # fmt: skip
        if put(unit, gone):
            take(unit.connection, earned.account, -gone.points, earned.reference)


def expire(unit: Unit, now_ms: int) -> int:
    """Lots whose time is over; how many, at most LOTS_MAX. Their entries keep that time: orders from before it call them back."""
    lots = due_lots(unit.connection, now_ms, LOTS_MAX)
    for lot in lots:
        gone = replace(
            lot, reference=f"expired/{lot.number}", kind=EXPIRED, points=-lot.left, left=0, order_id="", time_ms=now_ms
        )  # fmt: skip
        put(unit, gone)
        take(unit.connection, lot.account, lot.left, lot.reference)
    return len(lots)


def _lot(
    program: Program, caller: str, buyer: str, kind: str, points: int, reference: str, order_id: str, time_ms: int
) -> Entry:
    return Entry(
        reference, caller, buyer, program.program_id, kind, points, order_id, time_ms,
        **program.terms, expire_time_ms=program.expire_time_ms(time_ms), left=points,
    )  # fmt: skip
