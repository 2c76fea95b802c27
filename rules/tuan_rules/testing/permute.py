"""Other orders of the same purchase and the same rules: neither may change what anything costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import TypeVar

from tuan_rules.check import check
from tuan_rules.checked import CheckedPackage
from tuan_rules.difference.show import money
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.ledger import Priced
from tuan_rules.source import SourceFile
from tuan_rules.vocabulary import Vocabulary

Item = TypeVar("Item")
#: Lines up to which every order is tried (24 of them); beyond it each line is first once, and all are turned round.
ALL_ORDERS_MAX = 4


def other_carts(cart: Cart) -> Iterator[tuple[str, Cart, list[int]]]:
    """Name, cart, and for each of its lines the place in the given one."""
    count = len(cart.lines)
    if count <= ALL_ORDERS_MAX:
        orders = [list(order) for order in permutations(range(count))][1:]
    else:
        orders = [[*range(first, count), *range(first)] for first in range(1, count)] + [list(range(count))[::-1]]
    for order in orders:
        name = f"lines in the order {', '.join(str(i + 1) for i in order)}"
        yield name, replace(cart, lines=[cart.lines[i] for i in order]), order


def other_packages(
    package: CheckedPackage, vocabulary: Vocabulary, files: Sequence[SourceFile]
) -> Iterator[tuple[str, CheckedPackage]]:
    """The same rules with blocks and, where they are handed over, files in other orders."""
    for name, turned in _turns(package.blocks):
        # Inside a block the order of what it holds says no more than outside.
        blocks = tuple(replace(block, children=block.children[::-1]) for block in turned)
        yield f"blocks {name}", replace(package, blocks=blocks)
    for name, turned_files in _turns(files):
        again = check(turned_files, vocabulary).package
        if again is not None:
            yield f"files {name}", again


def _turns(items: Sequence[Item]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    if len(items) > 1:
        yield "turned round", tuple(items[::-1])
    if len(items) > 2:
        half = len(items) // 2
        yield "begun in the middle", (*items[half:], *items[:half])


def outcome(priced: Priced, cart: Cart, order: Sequence[int], currency: str) -> dict[str, str]:
    """What must not change, in words, as in the order written. Lines that are equal in everything are not told apart."""
    lines = sorted((repr(cart.lines[place]), line.total_minor) for place, line in zip(order, priced.lines, strict=True))
    steps = sorted((step.rule_id, step.off_minor) for step in priced.steps)
    return {
        "total": money(priced.payable_minor, currency),
        "shipping": money(priced.shipping_minor, currency),
        "lines": ", ".join(money(total, currency) for _, total in lines),
        "gifts": ", ".join(f"{sku} x {units} ({rule_id})" for rule_id, sku, units in sorted(priced.gifts)),
        "applied": ", ".join(f"{rule_id} {money(off, currency)}" for rule_id, off in steps),
    }
