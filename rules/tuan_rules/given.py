"""What a test gives: the facts of a purchase, checked and ready to be priced, and how a case is laid over its test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One line. `facts` are those of the record `line` that are not fields here, and whole records that every line has."""

    sku: str
    quantity: int
    list_minor: int
    category: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """`given = { buyer: { level: 3 }, lines: [...], shipping: ¥8.00 }`, values as `tuan_rules.pricing.cart` has them.

    None: not written. `budgets`: what is left of them, in minor units, by the label of their block. `node` is the syntax tree.
    """

    node: Any = field(default=None, repr=False)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: tuple[GivenLine, ...] | None = None
    shipping_minor: int | None = None
    budgets: Mapping[str, int] = field(default_factory=dict)

    def over(self, base: Given) -> Given:
        """This laid over another one: fact by fact, while lines are those of one of the two."""
        facts = {
            name: {**base.facts.get(name, {}), **self.facts.get(name, {})} for name in {**base.facts, **self.facts}
        }
        return Given(
            self.node,
            facts,
            base.lines if self.lines is None else self.lines,
            base.shipping_minor if self.shipping_minor is None else self.shipping_minor,
            {**base.budgets, **self.budgets},
        )


def names_block(name: str, kind: str, label: str) -> bool:
    """Whether `member-98` or `price/member-98` in a test means the block."""
    return name in (label, f"{kind}/{label}")
