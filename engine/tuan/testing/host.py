"""A host without an engine: everything a plugin borrows, in memory, and a record of what it did with it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from tuan.plugin import (
    Activity,
    Attempt,
    Challenge,
    Claim,
    CounterSpec,
    CounterState,
    Event,
    EventStream,
    PriceRule,
    Refusal,
    RefusalKind,
    Sku,
    Unit,
)
from tuan.testing.clock import ManualClock

T = TypeVar("T")


class FakeJobs:
    """Jobs as `(kind, key, run_time_ms, payload)`; the second of a kind and key is ignored, as in the record."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str, int, dict[str, Any]]] = []

    def add(self, kind: str, key: str, run_time_ms: int, payload: Mapping[str, Any] | None = None) -> None:
        if (kind, key) not in [(job[0], job[1]) for job in self.added]:
            self.added.append((kind, key, run_time_ms, dict(payload or {})))


class FakeOutbox:
    """Events in the order in which they were added."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, kind: str, subject: str, activity_id: str, time_ms: int, data: Mapping[str, Any]) -> None:
        self.events.append(Event(len(self.events) + 1, kind, subject, activity_id, time_ms, dict(data)))


class FakeCatalogue:
    """The SKUs that the test put there."""

    def __init__(self) -> None:
        self.by_code: dict[str, Sku] = {}

    def skus(self, codes: Sequence[str] | None = None) -> list[Sku]:
        return [sku for sku in self.by_code.values() if codes is None or sku.sku in codes]


class FakeUnit:
    """What most reactions and servicers use of a transaction. `connection`: a SQLAlchemy connection, if the plugin has tables."""

    def __init__(self, connection: Any = None) -> None:
        self.connection = connection
        self.jobs = FakeJobs()
        self.outbox = FakeOutbox()
        self.catalogue = FakeCatalogue()


class FakeHost:
    """Set what the plugin shall find: `stock_of`, `live`, `challenges`, `verdict`, `buyer_name`; look at what it did: `judged`
    (how many attempts at a time), `released`, `notices`, `placed`,
    `cancelled`, `refunded`, `given_back`.
    """

    def __init__(self, unit: FakeUnit | None = None, data_dir: Path | None = None) -> None:
        self.clock = ManualClock()
        self.unit = unit or FakeUnit()
        self._data_dir = data_dir
        self.live: dict[str, Activity] = {}
        self.stock_of: dict[str, dict[str, CounterState]] = {}
        self.buffers: dict[tuple[str, str], int] = {}
        self.challenges: dict[str, Challenge] = {}
        self.verdict: Refusal | None = None
        self.caller_name = "shop"
        self.buyer_name = ""
        self.rules: list[PriceRule] = []
        self.counters: dict[str, int] = {}
        self.capacities: dict[str, int] = {}
        self.claimed: list[str] = []
        self.given_back: list[tuple[str, str, tuple[str, ...]]] = []
        self.placed: list[Any] = []
        self.placing: Callable[[Sequence[Any]], Sequence[Any]] = lambda requests: [None] * len(requests)
        self.cancelled: list[tuple[str, str, str]] = []
        self.refunded: list[tuple[str, str, str]] = []
        self.stock_reads = 0
        self.judged: list[int] = []
        self.released: list[tuple[str, str]] = []
        self.notices: list[tuple[str, dict[str, str], bytes]] = []
        self.spawned: dict[str, Callable[[], Awaitable[None]]] = {}

    @property
    def data_dir(self) -> Path:
        """A temporary folder, made when it is first asked for."""
        if self._data_dir is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tuan-plugin-")
            self._data_dir = Path(self._folder.name)
        return self._data_dir

    def spawn(self, name: str, main: Callable[[], Awaitable[None]]) -> None:
        """Not started: the test runs `spawned[name]` when it wants to."""
        self.spawned[name] = main

    def secret(self, purpose: str) -> bytes:
        return hashlib.sha256(purpose.encode()).digest()

    def challenge(self, code: str) -> Challenge | None:
        return self.challenges.get(code)

    def activity(self, activity_id: str) -> Activity | None:
        return self.live.get(activity_id)

    def activities(self, promotion: str) -> Sequence[Activity]:
        mine = [activity for activity in self.live.values() if activity.promotion == promotion]
        return sorted(mine, key=lambda activity: activity.start_time_ms)

    def skus(self, codes: Sequence[str]) -> list[Sku]:
        skus = self.unit.catalogue.by_code
        return [skus[code] for code in codes if code in skus]

    def price_rules(self, promotion: str) -> Sequence[PriceRule]:
        return [rule for rule in self.rules if rule.promotion == promotion]

    def price_rule(self, promotion: str, rule_id: str, ruleset_hash: str) -> PriceRule | None:
        mine = [rule for rule in self.price_rules(promotion) if rule.rule_id == rule_id]
        return next((rule for rule in mine if rule.ruleset_hash == ruleset_hash), mine[-1] if mine else None)

    async def claim(
        self,
        key: str,
        claims: Sequence[Claim],
        event_kind: str,
        subject: str,
        data: Mapping[str, Any],
        activity_id: str = "",
    ) -> Refusal | None:
        """Limits are kept, by key once; the event goes to the outbox."""
        if key in self.claimed:
            return None
        for claim in claims:
            used = self.counters.get(claim.counter, 0)
            if claim.limit is not None and used + claim.quantity > claim.limit:
                left = max(0, claim.limit - used)
                return Refusal(RefusalKind.OVER_LIMIT, f"{left} are left", available=left, limit=claim.counter)
        for claim in claims:
            self.counters[claim.counter] = self.counters.get(claim.counter, 0) + claim.quantity
        self.claimed.append(key)
        self.unit.outbox.add(event_kind, subject, activity_id, self.clock.now_ms(), data)
        return None

    async def used(self, counters: Sequence[str], activity_id: str = "") -> Mapping[str, CounterState]:  # noqa: ARG002 - one for all
        return {
            name: CounterState(self.capacities.get(name), self.counters.get(name, 0), self.counters.get(name, 0))
            for name in counters
            if name in self.counters or name in self.capacities
        }

    async def define(self, activity_id: str, key: str, counters: Sequence[CounterSpec]) -> None:  # noqa: ARG002
        for spec in counters:
            self.capacities.setdefault(spec.name, spec.capacity)

    async def give_back(
        self,
        key: str,
        activity_id: str,  # noqa: ARG002
        event_kind: str,  # noqa: ARG002
        claim_key: str,  # noqa: ARG002
        quantities: Mapping[str, int],
    ) -> None:
        """Once per key."""
        if key not in self.claimed:
            self.claimed.append(key)
            for counter, quantity in quantities.items():
                self.counters[counter] = self.counters.get(counter, 0) - quantity

    async def give_back_of_order(self, key: str, order_id: str, counters: Collection[str]) -> None:
        self.given_back.append((key, order_id, tuple(counters)))

    async def store_time_ms(self, activity_id: str) -> int:  # noqa: ARG002
        return self.clock.now_ms()

    async def place(self, requests: Sequence[Any]) -> Sequence[Any]:
        """What `placing` answers."""
        self.placed += requests
        return self.placing(requests)

    async def cancel_order(self, caller: str, request_id: str, order_id: str) -> None:
        self.cancelled.append((caller, request_id, order_id))

    async def refund_order(self, caller: str, request_id: str, order_id: str) -> None:
        self.refunded.append((caller, request_id, order_id))

    def similar(self, sku: str, count_max: int = 3) -> tuple[str, ...]:
        skus = self.unit.catalogue.by_code
        category = skus[sku].category if sku in skus else ""
        return tuple(other.sku for other in skus.values() if other.sku != sku and other.category == category)[
            :count_max
        ]

    async def read(self, work: Callable[[Unit], T], fresh: bool = True) -> T:  # noqa: ARG002 - nothing is on its way
        return work(cast(Unit, self.unit))

    async def write(self, work: Callable[[Unit], T]) -> T:
        return work(cast(Unit, self.unit))

    async def stock(self, activity_id: str, skus: Sequence[str]) -> Mapping[str, CounterState]:
        self.stock_reads += 1
        counters = self.stock_of.get(activity_id, {})
        return {sku: counters[sku] for sku in skus if sku in counters}

    async def release_buffer(self, activity_id: str, sku: str) -> int:
        self.released.append((activity_id, sku))
        return self.buffers.pop((activity_id, sku), 0)

    def events(self, after: int, kinds: Sequence[str] = (), activity_id: str = "") -> EventStream:
        """What is in the outbox now; the stream then ends."""

        async def stream() -> AsyncIterator[Event]:
            for event in self.unit.outbox.events:
                if (
                    event.event_id > after
                    and (not kinds or event.kind in kinds)
                    and activity_id in ("", event.activity_id)
                ):
                    yield event

        return stream()

    async def judge(self, attempt: Attempt) -> Refusal | None:
        [verdict] = await self.judge_many([attempt])
        return verdict

    async def judge_many(self, attempts: Sequence[Attempt]) -> Sequence[Refusal | None]:
        self.judged.append(len(attempts))
        return [self.verdict] * len(attempts)

    async def deliver_notice(self, gateway: str, headers: Mapping[str, str], body: bytes) -> None:
        self.notices.append((gateway, dict(headers), body))

    def caller(self, grpc_context: Any) -> str:  # noqa: ARG002 - there are no credentials here
        return self.caller_name

    def buyer(self, grpc_context: Any) -> str:  # noqa: ARG002 - nor a buyer's token
        return self.buyer_name
