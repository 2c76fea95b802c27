"""One SQL transaction and its repositories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tuan.domain.claim import CounterState
from tuan.ports.access import ApiKeys, Requests
from tuan.ports.activities import Activities
from tuan.ports.catalogue import Catalogue
from tuan.ports.money import Ledger, Payments, Refunds
from tuan.ports.orders import Orders
from tuan.ports.rules import Rulesets
from tuan.ports.shards import Shards
from tuan.ports.work import Alarms, Duties, Jobs, Outbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Two figures of the record that ought to agree: of what (`subject`), what follows from one side, and what the other says."""

    subject: str
    expected: int
    found: int

    @classmethod
    def between(cls, expected: Mapping[str, int], found: Mapping[str, int]) -> list[Mismatch]:
        """One for each subject of which the two sides say different things, by name; what a side does not name is 0 there."""
        return [
            cls(subject, expected.get(subject, 0), found.get(subject, 0))
            for subject in sorted(expected.keys() | found.keys())
            if expected.get(subject, 0) != found.get(subject, 0)
        ]


class Checks(Protocol):
    """What the audit asks the record about itself. Each check lists what does not agree; empty is as it should be."""

    def counters(self, shard: str) -> dict[str, CounterState]:
        """The named capacities as the drain counted them, to be compared with their sum over reservations."""

    def stock(self) -> list[Mismatch]:
        """Per SKU: units put into warehouses (shipments apart) against capacities of all shards and transfers on their way."""

    def held_without_order(self, now_ms: int) -> list[Mismatch]:
        """Reservations of an order that is not there: pending ones count once they are due by `now_ms`."""

    def held_by_ended_orders(self) -> list[Mismatch]:
        """Reservations that are pending or confirmed although their order expired or was cancelled."""

    def overdue(self, now_ms: int) -> list[Mismatch]:
        """Reservations that are still pending though they were due by `now_ms`."""

    def orders_without_hold(self) -> list[Mismatch]:
        """Per order and shard: pending orders without a pending reservation, paid ones without a confirmed one."""

    def held_twice(self) -> list[Mismatch]:
        """Per order and shard: more than one reservation that is pending or confirmed."""

    def paid_twice(self) -> list[Mismatch]:
        """Orders paid more than their total, or refunded more than paid; payments applied beyond their amount."""

    def unbalanced(self) -> list[Mismatch]:
        """Ledger transactions, and whole currencies, whose entries do not sum to zero."""

    def channels(self) -> list[Mismatch]:
        """Per currency: money in the channel accounts against orders paid less refunded, and money that belongs to nobody yet."""

    def order_books(self) -> list[Mismatch]:
        """Per order: what it says was paid and refunded, against its entries in the channel accounts."""

    def poison(self) -> list[Mismatch]:
        """Intents that were set aside, by shard and sequence number."""

    def confirmed(self, prefix: str) -> dict[str, int]:
        """What confirmed reservations hold of per-subject limits whose counters begin so, by counter, less what was given back."""

    def alarms(self) -> list[Mismatch]:
        """Open alarms of the drain, by shard, kind and subject."""


class Unit(Protocol):
    """One SQL transaction and its repositories. `connection` is the SQLAlchemy connection, for plugins' own tables."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def rulesets(self) -> Rulesets: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def shards(self) -> Shards: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def refunds(self) -> Refunds: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def duties(self) -> Duties: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def alarms(self) -> Alarms: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def connection(self) -> Any: ...


class Record(Protocol):
    async def write(self, work: Callable[[Unit], T]) -> T: ...
    async def read(self, work: Callable[[Unit], T]) -> T: ...
