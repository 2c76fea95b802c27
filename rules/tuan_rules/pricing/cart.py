"""What is priced: a cart with its lines and facts. All amounts are whole minor units of the ruleset's currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class CartLine:
    """One line. `source`: a price that is settled already, as (rule id, price of one unit): that of an activity or a group.

    `facts` are those of the record `line` that are not fields here: `{"tags": ["new"], "margin": Fraction(3, 10)}`.
    """

    sku: str
    quantity: int
    list_minor: int
    category: str = ""
    source: tuple[str, int] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Cart:
    """`facts` by record and name, such as `{"buyer": {"level": 3}}`; sums over lines are worked out here.

    A money fact is an int of minor units, a percent a Fraction, durations and instants are milliseconds, a list is any
    iterable, a record in it a mapping. A fact that is missing is None or left out.
    """

    lines: list[CartLine]
    time_ms: int
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shipping_minor: int = 0
