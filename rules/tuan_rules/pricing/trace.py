"""What the traced run writes down: limits that bit, and why rules did not count. Codes and numbers; words are made on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tuan_rules.pricing.compiled import Stack


class Trace:
    """`exact`: what is off before rounding and limits, by rank and line.

    `limits`: rank, what limited it, line. `rejected`: rank, line, why, and a number that belongs to it. `ask_again`: gives rank and
    condition of the rules that every cart is asked about and that did not hold; hundreds, of which most explanations show none.
    """

    __slots__ = ("ask_again", "exact", "limits", "rejected")

    def __init__(self) -> None:
        self.exact: dict[tuple[int, int], tuple[Any, int]] = {}
        self.ask_again: Callable[[], list[tuple[int, int]]] = list
        self.limits: list[tuple[int, str, int]] = []
        self.rejected: list[tuple[int, int, str, Any]] = []

    def limited(self, rank: int, what: str, line: int) -> None:
        """A floor, a cap, a stack's cap or a budget bit."""
        self.limits.append((rank, what, line))

    def reject(self, rank: int, line: int, why: str, by: Any) -> None:
        """A rule does not count in a line (or, with the line -1, in the order)."""
        self.rejected.append((rank, line, why, by))

    def not_found(self, entries: Iterable[tuple[int, object]], found: Sequence[int], line: int = -1) -> None:
        """The rules that a key found and whose conditions do not hold."""
        for rank, _ in entries:
            if rank not in found:
                self.rejected.append((rank, line, "condition", -1))

    def not_picked(
        self, stack: Stack, line: int, ranks: Iterable[int], chosen: list[int], offs: Mapping[int, int]
    ) -> None:
        """The rules of a stack that others were preferred to."""
        winner = chosen[0] if chosen and chosen[0] >= 0 else None
        for rank in ranks:
            if rank in chosen:
                continue
            if offs[rank] <= 0 or winner is None:
                self.rejected.append((rank, line, "nothing", 0))
            else:
                why = {"first": "after", "lowest_cost": "dearer"}.get(stack.pick, "lower")
                self.rejected.append((rank, line, why, winner))
