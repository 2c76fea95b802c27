"""The double-entry ledger: every movement of money is a transaction whose entries sum to zero per currency.

Debits are positive, credits negative. Accounts are named `kind:subject`:

    channel:<gateway>      money held for the merchant at the payment channel (asset)
    sales:<caller>         sold at list price (income, so credited)
    discount:<funder>      what a discount cost its funder (expense)
    points:<program>       points that buyers have and may still spend, at their worth (liability)
    wallet:<caller>        credit that people were given (liability)
    reward:<funder>        what that credit cost its funder (expense)
    suspense:<gateway>     money that came in and belongs to nobody yet: late, double or mismatched payments (liability)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tuan.domain.errors import InvalidValue
from tuan.domain.order import OrderLine


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LedgerTransaction:
    """(kind, reference) is unique for ever: posting it again has no effect."""

    kind: str
    reference: str
    order_id: str
    currency: str
    time_ms: int
    entries: tuple[LedgerEntry, ...]

    def __post_init__(self) -> None:
        if total := sum(entry.amount_minor for entry in self.entries):
            raise InvalidValue("entries", f"ledger transaction {self.kind} {self.reference} is off by {total}")


def sale(
    reference: str, order_id: str, caller: str, gateway: str, currency: str, time_ms: int, lines: tuple[OrderLine, ...]
) -> LedgerTransaction:
    """An order's money, applied: the channel holds what was paid, discounts cost their funders, sales are at list price."""
    paid = sum(line.total_minor for line in lines)
    amounts: dict[str, int] = defaultdict(int)
    amounts[f"channel:{gateway}"] += paid
    for line in lines:
        for adjustment in line.adjustments:
            amounts[f"discount:{adjustment.funded_by}"] -= adjustment.amount_minor
    amounts[f"sales:{caller}"] -= sum(amounts.values())
    return _transaction("sale", reference, order_id, currency, time_ms, amounts)


def refund_of_goods(
    reference: str, order_id: str, caller: str, gateway: str, currency: str, time_ms: int, amount_minor: int
) -> LedgerTransaction:
    """Money back for units of a paid order."""
    amounts = {f"channel:{gateway}": -amount_minor, f"sales:{caller}": amount_minor}
    return _transaction("refund", reference, order_id, currency, time_ms, amounts)


def unmatched_money(
    reference: str, order_id: str, gateway: str, currency: str, time_ms: int, amount_minor: int
) -> LedgerTransaction:
    """Late, double or mismatched money came in: the channel holds it, it belongs to the payer until refunded."""
    amounts = {f"channel:{gateway}": amount_minor, f"suspense:{gateway}": -amount_minor}
    return _transaction("unmatched", reference, order_id, currency, time_ms, amounts)


def unmatched_money_returned(
    reference: str, order_id: str, gateway: str, currency: str, time_ms: int, amount_minor: int
) -> LedgerTransaction:
    """Unmatched money went back to its payer."""
    amounts = {f"channel:{gateway}": -amount_minor, f"suspense:{gateway}": amount_minor}
    return _transaction("unmatched_returned", reference, order_id, currency, time_ms, amounts)


def _transaction(
    kind: str, reference: str, order_id: str, currency: str, time_ms: int, amounts: dict[str, int]
) -> LedgerTransaction:
    entries = tuple(LedgerEntry(account, amount) for account, amount in amounts.items() if amount)
    return LedgerTransaction(kind, reference, order_id, currency, time_ms, entries)
