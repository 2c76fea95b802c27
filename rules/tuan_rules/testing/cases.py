"""Test blocks to cases: each with its time, its cart and what it expects, a case laid over its test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuan_rules.checked import CheckedBlock, CheckedPackage
from tuan_rules.given import Given
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.source import Span
from tuan_rules.values import Instant


@dataclass(frozen=True, slots=True)
class Case:
    """One purchase. `case` is "" for a test without a table; `expected` holds what is asked, by field of `expect`."""

    test: str
    case: str
    span: Span
    time_ms: int
    given: Given
    expected: Mapping[str, Any]
    permute: bool

    @property
    def name(self) -> str:
        """`test` or `test / case`."""
        return f"{self.test} / {self.case}" if self.case else self.test

    def cart(self) -> Cart:
        """The purchase, to be priced."""
        given = self.given
        lines = [
            CartLine(line.sku, line.quantity, line.list_minor, line.category, None, line.facts)
            for line in given.lines or ()
        ]
        return Cart(lines, self.time_ms, given.facts, given.shipping_minor or 0)


def cases_of(package: CheckedPackage) -> Iterator[Case]:
    """Every case of every test: the rows of a table, or the test itself where it has none."""
    for test in package.blocks_of("test"):
        rows = test.children_of("case")
        for row in rows:
            yield _case(test, row)
        if not rows:
            yield _case(test, None)


def _case(test: CheckedBlock, row: CheckedBlock | None) -> Case:
    given, at = test.values["given"], test.values["at"]
    assert isinstance(given, Given)
    assert isinstance(at, Instant)
    expected = _expected(test)
    if row is not None:
        more, other = row.values["given"], row.values["at"]
        given = more.over(given) if isinstance(more, Given) else given
        at = other if isinstance(other, Instant) else at
        expected |= _expected(row)
    span = (row or test).head_span or test.span
    label = row.label if row else ""
    return Case(test.label, label, span, at.time_ms, given, expected, bool(test.values["permute"]))


def _expected(block: CheckedBlock) -> dict[str, Any]:
    return {
        name: value
        for expect in block.children_of("expect")
        for name, value in expect.values.items()
        if value is not None
    }
