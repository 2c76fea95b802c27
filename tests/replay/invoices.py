"""Invoices from a CSV of the UCI Online Retail form: rows that can be sold, cancellations matched to sales, and the rest."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file. `unit_minor`: price of a unit in pence; `quantity` is negative in cancellations."""

    line: int
    invoice: str
    code: str
    title: str
    quantity: int
    unit_minor: int
    customer: str
    country: str

    @property
    def sku(self) -> str:
        """The file sells one stock code at several prices; each is a SKU of the same product."""
        return f"{self.code}@{self.unit_minor}"

    @property
    def amount_minor(self) -> int:
        return self.quantity * self.unit_minor


@dataclass(frozen=True, slots=True)
class Unsellable:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    """Units of one order line that a cancellation gives back."""

    cancellation: str
    invoice: str
    line_index: int
    count: int


@dataclass(slots=True)
class Invoices:
    """`sales`: invoice number -> its rows in order; they become the lines of one order."""

    sales: dict[str, list[Row]] = field(default_factory=dict)
    returns: list[Return] = field(default_factory=list)
    unsellable: list[Unsellable] = field(default_factory=list)
    sold_minor: int = 0
    returned_minor: int = 0
    row_count: int = 0


def read(path: Path) -> Invoices:
    """Raises ValueError when the file has not the columns."""
    found = Invoices()
    cancelled: list[Row] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} has no column {', '.join(missing)}")
        for fields in rows:
            found.row_count += 1
            row = _row(fields, rows.line_num, found.unsellable)
            if row is None:
                continue
            if row.invoice.startswith("C"):
                cancelled.append(row)
            else:
                found.sales.setdefault(row.invoice, []).append(row)
                found.sold_minor += row.amount_minor
    _match(found, cancelled)
    return found


def _row(fields: dict[str, str], line: int, unsellable: list[Unsellable]) -> Row | None:
    try:
        quantity, pence = int(fields["Quantity"]), Decimal(fields["UnitPrice"]) * 100
    except ArithmeticError:
        unsellable.append(Unsellable(line, f"unit price {fields['UnitPrice']!r} is no number"))
        return None
    except ValueError:
        unsellable.append(Unsellable(line, f"quantity {fields['Quantity']!r} is no whole number"))
        return None
    reason = ""
    if not fields["StockCode"].strip():
        reason = "unknown SKU: no stock code"
    elif pence <= 0:
        reason = f"unit price {fields['UnitPrice']} is not more than 0"
    elif pence != int(pence):
        reason = f"unit price {fields['UnitPrice']} is not whole pence"
    elif (quantity < 0) != fields["InvoiceNo"].startswith("C") or quantity == 0:
        reason = f"quantity {quantity} does not go with invoice {fields['InvoiceNo']}"
    if reason:
        unsellable.append(Unsellable(line, reason))
        return None
    return Row(
        line,
        fields["InvoiceNo"],
        fields["StockCode"].strip(),
        fields["Description"].strip() or fields["StockCode"],
        quantity,
        int(pence),
        fields["CustomerID"].strip() or "anonymous",
        fields["Country"].strip(),
    )


def _match(found: Invoices, cancelled: list[Row]) -> None:
    """Each cancellation to what its customer bought before, at that very price, the latest sale first.

    A row is matched whole or not at all: half a cancellation would be a sum that the file does not have.
    """
    bought: dict[tuple[str, str], list[tuple[Row, int]]] = defaultdict(list)
    for rows in found.sales.values():
        for index, row in enumerate(rows):
            bought[row.customer, row.sku].append((row, index))
    left = {row.line: row.quantity for rows in found.sales.values() for row in rows}
    for row in cancelled:
        needed = -row.quantity
        parts: list[tuple[Row, int, int]] = []
        for sale, index in reversed(bought[row.customer, row.sku]):
            count = min(needed, left[sale.line]) if sale.line < row.line else 0
            if count:
                parts.append((sale, index, count))
                needed -= count
            if not needed:
                break
        if needed:
            reason = (
                f"cancels {-row.quantity} of {row.code} at {row.unit_minor}p; {needed} of them were not sold before"
            )
            found.unsellable.append(Unsellable(row.line, reason))
            continue
        for sale, index, count in parts:
            left[sale.line] -= count
            found.returns.append(Return(row.invoice, sale.invoice, index, count))
        found.returned_minor -= row.amount_minor


def first(whole: Invoices, count: int) -> Invoices:
    """The first `count` sales and what cancels them; a short form with sums of its own."""
    sales = dict(list(whole.sales.items())[:count])
    returns = [part for part in whole.returns if part.invoice in sales]
    part = Invoices(sales, returns, whole.unsellable, row_count=sum(len(rows) for rows in sales.values()))
    part.sold_minor = sum(row.amount_minor for rows in sales.values() for row in rows)
    part.returned_minor = sum(sales[item.invoice][item.line_index].unit_minor * item.count for item in returns)
    return part
