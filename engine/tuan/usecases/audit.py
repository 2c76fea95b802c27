"""`tuan audit`: the claims store against SQL, counter by counter; orders against reservations; money against the ledger.

It may run at any time. A shard is compared at a moment at which the drain has caught up with it and nothing moved; a check of
SQL alone that finds something is repeated, since a use case may be half-way. What is still there at the end is a difference.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tuan.plugin import Plugin, PromotionType
from tuan.ports import Clock, Inventory, Mismatch, Record, Unit
from tuan.usecases.audit_shard import ShardAuditor, ShardDifference
from tuan.usecases.reactions import consumer_of

WAIT_MS = 10_000
POLL_MS = 50
STEADY_ROUNDS = 10
#: The expirer looks four times a second; a reservation that is still pending this long after it was due is stuck.
OVERDUE_MS = 60_000


class Figure(StrEnum):
    """The five ways in which a sale can go wrong, each counted in the unit that its docstring names."""

    OVERSOLD = "oversold"
    """Units (or takes of any counter) beyond what there is: use above capacity or limit, capacities above the stock put in."""
    STRANDED = "stranded"
    """Units that nobody can sell and nobody has: held without a living order, overdue, used in Redis but by no reservation in
    SQL, stock that is in no shard."""
    LOST = "lost"
    """Acknowledged things that one side does not have: undrained, poisoned or missing intents, reservations, shards, orders
    whose hold is gone."""
    DUPLICATED = "duplicated"
    """Things counted twice: two holds for one order, an order paid beyond its total, more refunded than paid."""
    UNBALANCED = "unbalanced"
    """Minor units by which the ledger does not agree with itself, with the orders, or with the channel accounts."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`name`: of the check that found it; `subject`: of what; by how much the two sides differ is `amount` (at least 1)."""

    figure: Figure
    name: str
    subject: str
    expected: int
    found: int

    @property
    def amount(self) -> int:
        return max(1, abs(self.found - self.expected))

    def __str__(self) -> str:
        return f"{self.figure} {self.name} {self.subject}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """`busy`: shards that never stood still long enough to be compared; then the audit is not clean, only incomplete."""

    differences: tuple[Difference, ...]
    busy: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.differences and not self.busy

    def figure(self, figure: Figure) -> int:
        return sum(difference.amount for difference in self.differences if difference.figure is figure)

    @property
    def oversold(self) -> int:
        return self.figure(Figure.OVERSOLD)

    @property
    def stranded(self) -> int:
        return self.figure(Figure.STRANDED)

    @property
    def lost(self) -> int:
        return self.figure(Figure.LOST)

    @property
    def duplicated(self) -> int:
        return self.figure(Figure.DUPLICATED)

    @property
    def unbalanced(self) -> int:
        return self.figure(Figure.UNBALANCED)

    def summary(self) -> str:
        """`audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0`"""
        return "audit: " + " ".join(f"{figure}={self.figure(figure)}" for figure in Figure)


async def audit(
    inventory: Inventory,
    record: Record,
    clock: Clock,
    *,
    wait_ms: int = WAIT_MS,
    overdue_ms: int = OVERDUE_MS,
    plugins: Iterable[Plugin] = (),
) -> AuditReport:
    """Compare everything with everything, waiting at most about `wait_ms` for what is on its way.

    `plugins`: those whose own tables have figures that ought to agree with the record's.
    """
    rounds = max(1, wait_ms // POLL_MS)
    found, busy = await _audit_shards(ShardAuditor(inventory, record), record, rounds)
    checked = await _audit_record(record, clock, overdue_ms, rounds, tuple(plugins))
    return AuditReport((*found, *checked), tuple(busy))


async def _audit_shards(auditor: ShardAuditor, record: Record, rounds: int) -> tuple[list[Difference], list[str]]:
    """Round by round over the shards that did not stand still, or whose differences were not there the round before."""
    found: dict[str, list[ShardDifference] | None] = {}
    unsettled = [row.shard for row in await record.read(lambda unit: unit.shards.all())]
    for turn in range(rounds):
        for shard in list(unsettled):
            differences = await auditor.compare(shard, last_look=turn == rounds - 1)
            if differences is not None and differences in ([], found.get(shard)):
                unsettled.remove(shard)
            found[shard] = differences
        if not unsettled:
            break
        await asyncio.sleep(POLL_MS / 1_000)
    busy = [shard for shard, differences in found.items() if differences is None]
    return [_of_shard(each) for differences in found.values() for each in differences or ()], busy


async def _audit_record(
    record: Record, clock: Clock, overdue_ms: int, rounds: int, plugins: Sequence[Plugin]
) -> list[Difference]:
    """What SQL has to say of itself, until it is nothing, or the same for half a second."""
    found: list[Difference] = []
    steady = 0
    for _ in range(rounds):
        before, found = found, await record.read(lambda unit: _check_record(unit, clock.now_ms() - overdue_ms, plugins))
        steady = steady + 1 if found == before else 0
        if not found or steady >= STEADY_ROUNDS:
            break
        await asyncio.sleep(POLL_MS / 1_000)
    return found


def _check_record(unit: Unit, overdue_before_ms: int, plugins: Sequence[Plugin]) -> list[Difference]:
    checks = unit.checks
    return [
        *_stock(checks.stock()),
        *_all(Figure.STRANDED, "held_without_order", checks.held_without_order(overdue_before_ms)),
        *_all(Figure.STRANDED, "held_by_ended_order", checks.held_by_ended_orders()),
        *_all(Figure.STRANDED, "overdue", checks.overdue(overdue_before_ms)),
        *_all(Figure.LOST, "order_without_hold", checks.orders_without_hold()),
        *_all(Figure.LOST, "poison_intent", checks.poison()),
        *_all(Figure.LOST, "alarm", checks.alarms()),
        *_all(Figure.DUPLICATED, "held_twice", checks.held_twice()),
        *_all(Figure.DUPLICATED, "paid_twice", checks.paid_twice()),
        *_all(Figure.UNBALANCED, "ledger", checks.unbalanced()),
        *_all(Figure.UNBALANCED, "channel", checks.channels()),
        *_all(Figure.UNBALANCED, "order_book", checks.order_books()),
        *(each for plugin in plugins for each in _of_plugin(plugin, unit)),
    ]


def _of_plugin(plugin: Plugin, unit: Unit) -> list[Difference]:
    """Less than there ought to be is lost, more is duplicated. What its reactions have not heard of yet is no difference."""
    if isinstance(plugin, PromotionType) and plugin.reacts_to:
        cursor = unit.outbox.cursor(consumer_of(plugin))
        if unit.outbox.after(cursor, 1, plugin.reacts_to):
            return []
    return [
        Difference(
            Figure.LOST if each.found < each.expected else Figure.DUPLICATED,
            f"plugin_{plugin.code}",
            each.subject,
            each.expected,
            each.found,
        )
        for each in plugin.audit(unit)
    ]


def _all(figure: Figure, name: str, mismatches: Iterable[Mismatch]) -> list[Difference]:
    return [Difference(figure, name, each.subject, each.expected, each.found) for each in mismatches]


def _stock(mismatches: Iterable[Mismatch]) -> list[Difference]:
    """More for sale than was put in will be oversold; less is stranded."""
    return [
        Difference(
            Figure.OVERSOLD if each.found > each.expected else Figure.STRANDED,
            "stock",
            each.subject,
            each.expected,
            each.found,
        )
        for each in mismatches
    ]


def _of_shard(each: ShardDifference) -> Difference:
    return Difference(Figure(each.figure), each.name, each.subject, each.expected, each.found)
