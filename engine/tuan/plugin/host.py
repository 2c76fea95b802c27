"""What the engine lends to a plugin: time, secrets, reads and writes of the record, stock, events, notices, challenges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tuan.domain.activity import Activity
from tuan.domain.catalogue import Sku
from tuan.domain.claim import Claim, CounterSpec, CounterState
from tuan.domain.errors import TuanError
from tuan.domain.event import Event
from tuan.plugin.challenge import Challenge
from tuan.plugin.promotion import Attempt, Refusal
from tuan.ports import Clock, PriceRule, Unit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginTables:
    """`metadata`: the plugin's SQLAlchemy MetaData, in its `tables.py`; `migrations`: folder of its Alembic version scripts."""

    metadata: Any
    migrations: Path


@dataclass(frozen=True, slots=True)
class Servicer:
    """`add_to_server` is the generated `add_XServicer_to_server`; `servicer` its grpc.aio implementation; `service` its full name."""

    service: str
    add_to_server: Callable[[Any, Any], None]
    servicer: Any


class EventStream(Protocol):
    """Events after a token, then live ones as they are committed. Closing it (leaving `async for`) frees it."""

    def __aiter__(self) -> AsyncIterator[Event]: ...


class Host(Protocol):
    """Available from `start` on. The asynchronous members are for servicers, the others may be called anywhere."""

    @property
    def clock(self) -> Clock:
        """The engine's time; a plugin that asks the system's clock cannot be tested."""

    @property
    def data_dir(self) -> Path:
        """A folder of the engine's that outlives it. Shared by all plugins: name files after the plugin's code."""

    def spawn(self, name: str, main: Callable[[], Awaitable[None]]) -> None:
        """Run `main` on the engine's event loop until the engine ends. What it raises is logged, and it is started again.

        Each process of the engine runs its own: what must be done once has to be safe against others, as writes of one transaction are.
        """

    def secret(self, purpose: str) -> bytes:
        """32 bytes, the same in every process of this installation, different per purpose; to sign tickets and the like."""

    def challenge(self, code: str) -> Challenge | None:
        """An installed challenge plugin by its code."""

    def activity(self, activity_id: str) -> Activity | None:
        """From the process's snapshot: no I/O."""

    def activities(self, promotion: str) -> Sequence[Activity]:
        """Those that are not closed, from the snapshot, by start time."""

    def skus(self, codes: Sequence[str]) -> list[Sku]:
        """Those of the catalogue, in this order, from the snapshot; codes that it does not have are left out."""

    def price_rules(self, promotion: str) -> Sequence[PriceRule]:
        """Those in force of a promotion, by id, from the snapshot: what its blocks became."""

    def price_rule(self, promotion: str, rule_id: str, ruleset_hash: str) -> PriceRule | None:
        """As that ruleset has it, where its terms hold (`PromotionType.holds`); else as the rules in force have it, if they do."""

    def similar(self, sku: str, count_max: int = 3) -> tuple[str, ...]:
        """SKUs of the same category that are in stock, dearest likeness first."""

    async def read(self, work: Callable[[Unit], T], fresh: bool = True) -> T:
        """In a SQL transaction that reads. `fresh`: it sees all that was acknowledged before; False: SQL as it is, without waiting."""

    async def write(self, work: Callable[[Unit], T]) -> T: ...

    async def stock(self, activity_id: str, skus: Sequence[str]) -> Mapping[str, CounterState]:
        """The stock counters of an activity by SKU, from the claims store; SKUs without one (not provisioned yet) are left out."""

    async def claim(
        self,
        key: str,
        claims: Sequence[Claim],
        event_kind: str,
        subject: str,
        data: Mapping[str, Any],
        activity_id: str = "",
    ) -> Refusal | None:
        """Take claims of an activity (or of ordinary sale) for good, all or none, once per `key`; None when they are taken.

        The event `event_kind` with `data` is then on its way, whatever becomes of this process: react to it, and nothing is lost.
        A refusal is OVER_LIMIT, with the counter as its `limit`. Raises REQUEST_ID_REUSED for a key with other claims.
        """

    async def used(self, counters: Sequence[str], activity_id: str = "") -> Mapping[str, CounterState]:
        """Counters of an activity (or of ordinary sale), from the claims store; limits that nothing was ever taken from are left out."""

    async def define(self, activity_id: str, key: str, counters: Sequence[CounterSpec]) -> None:
        """Give an activity more named capacities, once per `key`: the seats of a group. Those that it has stay as they are."""

    async def give_back(
        self, key: str, activity_id: str, event_kind: str, claim_key: str, quantities: Mapping[str, int]
    ) -> None:
        """Give back part of what `claim` took under `claim_key`, by counter, once per `key`; nothing where it came back before."""

    async def give_back_of_order(self, key: str, order_id: str, counters: Collection[str]) -> None:
        """Give back what a paid order still holds of these counters, once per `key`: limits that are over before the order is."""

    async def store_time_ms(self, activity_id: str) -> int:
        """The claims store's clock, by which it judges what is before a deadline and what is not."""

    async def place(self, requests: Sequence[Any]) -> Sequence[Any]:
        """PlaceOrderRequest messages in, a PlaceOrderResult each out, in order, as OrderService.BatchPlaceOrders answers them to the
        caller of the current call. Only within a call of the plugin's own servicer.
        """

    async def cancel_order(self, caller: str, request_id: str, order_id: str) -> None:
        """As OrderService.CancelOrder, for an order of this caller's. Raises what that raises."""

    async def refund_order(self, caller: str, request_id: str, order_id: str) -> None:
        """As OrderService.RefundOrder of all that is left, for an order of this caller's. Raises what that raises."""

    async def release_buffer(self, activity_id: str, sku: str) -> int:
        """Put an activity's buffer of a SKU on sale, once; how many units."""

    def events(self, after: int, kinds: Sequence[str] = (), activity_id: str = "") -> EventStream:
        """Events with an id greater than `after` (0: from the start, -1: only new ones)."""

    async def judge(self, attempt: Attempt) -> Refusal | None:
        """What the risk checkers say of an attempt, as they would of an order: RISK_DENIED, CHALLENGE_REQUIRED or None."""

    async def judge_many(self, attempts: Sequence[Attempt]) -> Sequence[Refusal | TuanError | None]:
        """The same for many at once, one answer each, in order: a checker is called once, which costs 60 µs whatever is asked.

        An error is that of a checker which failed and whose policy is to fail closed.
        """

    async def deliver_notice(self, gateway: str, headers: Mapping[str, str], body: bytes) -> None:
        """Hand a payment callback to the engine, as PaymentService.DeliverNotice does: committed when this returns.

        For gateways whose channel reaches them by other ways than HTTP. Raises TuanError as the RPC would.
        """

    def caller(self, grpc_context: Any) -> str:
        """The application that the credentials of this call belong to."""

    def buyer(self, grpc_context: Any) -> str:
        """The one buyer whom the credentials of this call may act for; empty: any buyer of the caller's.

        A request with a field `buyer_id` is checked before it reaches the servicer; one that names buyers in a list is not.
        """
