"""What plugins are lent (`tuan.plugin.Host`), by this engine."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from tuan.domain.activity import RETAIL, Activity, stock_counter
from tuan.domain.catalogue import Sku
from tuan.domain.claim import Claim, CounterSpec, CounterState
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import Attempt, Challenge, EventStream, Refusal
from tuan.ports import Clock, PriceRule, Unit
from tuan.server.interceptors.call import current_call
from tuan.server.secret_file import kept_secret
from tuan.server.tasks import end_tasks
from tuan.settings import Settings
from tuan.usecases.change_order import ChangeOrder
from tuan.usecases.refund_order import RefundOrder

if TYPE_CHECKING:
    from tuan.server.engine import Engine

log = structlog.get_logger()
T = TypeVar("T")

RESPAWN_PAUSE_S = 1.0
#: The application that the credentials of the current call belong to; set by the auth interceptor.
current_caller: contextvars.ContextVar[str] = contextvars.ContextVar("current_caller", default="")


class PluginHost:
    clock: Clock
    data_dir: Path

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self.clock = engine.clock
        self.data_dir = settings.data_dir
        self._root_secret = _root_secret(settings)
        self._tasks: list[asyncio.Task[None]] = []
        #: How orders are placed for the caller of a call; known once calls are served.
        self.place_all: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]] | None = None

    def spawn(self, name: str, main: Callable[[], Awaitable[None]]) -> None:
        loop = self._engine.loop
        loop.call_soon_threadsafe(lambda: self._tasks.append(loop.create_task(_forever(name, main), name=name)))

    def secret(self, purpose: str) -> bytes:
        return hmac.digest(self._root_secret, purpose.encode(), "sha256")

    def challenge(self, code: str) -> Challenge | None:
        return self._engine.registry.challenges.get(code)

    def activity(self, activity_id: str) -> Activity | None:
        live = self._engine.keeper.current.activities.get(activity_id)
        return live.activity if live is not None else None

    def activities(self, promotion: str) -> Sequence[Activity]:
        found = [live.activity for live in self._engine.keeper.current.activities.values()]
        mine = [activity for activity in found if activity.promotion == promotion]
        return sorted(mine, key=lambda activity: (activity.start_time_ms, activity.activity_id))

    def skus(self, codes: Sequence[str]) -> list[Sku]:
        known = self._engine.keeper.current.skus
        return [known[code] for code in codes if code in known]

    def price_rules(self, promotion: str) -> Sequence[PriceRule]:
        return tuple(self._engine.keeper.current.price_rules.get(promotion, {}).values())

    def price_rule(self, promotion: str, rule_id: str, ruleset_hash: str) -> PriceRule | None:
        return self._engine.keeper.current.price_rule(promotion, rule_id, ruleset_hash)

    def similar(self, sku: str, count_max: int = 3) -> tuple[str, ...]:
        return self._engine.similar.to(sku, count_max)

    async def read(self, work: Callable[[Unit], T], fresh: bool = True) -> T:
        return await (self._engine.watch if fresh else self._engine.record).read(work)

    async def write(self, work: Callable[[Unit], T]) -> T:
        return await self._engine.writer.write(work)

    async def stock(self, activity_id: str, skus: Sequence[str]) -> Mapping[str, CounterState]:
        names = {stock_counter(sku): sku for sku in skus}
        states = await self._engine.inventory.counters(activity_id or RETAIL, list(names))
        return {names[name]: state for name, state in states.items()}

    async def claim(
        self,
        key: str,
        claims: Sequence[Claim],
        event_kind: str,
        subject: str,
        data: Mapping[str, Any],
        activity_id: str = "",
    ) -> Refusal | None:
        return await self._engine.taker.take(key, claims, event_kind, subject, data, activity_id or RETAIL)

    async def used(self, counters: Sequence[str], activity_id: str = "") -> Mapping[str, CounterState]:
        return await self._engine.inventory.counters(activity_id or RETAIL, list(counters))

    async def define(self, activity_id: str, key: str, counters: Sequence[CounterSpec]) -> None:
        await self._engine.counters.define(activity_id, key, counters)

    async def give_back(
        self, key: str, activity_id: str, event_kind: str, claim_key: str, quantities: Mapping[str, int]
    ) -> None:
        await self._engine.counters.give_back_claimed(activity_id, key, event_kind, claim_key, quantities)

    async def give_back_of_order(self, key: str, order_id: str, counters: Collection[str]) -> None:
        await self._engine.counters.give_back_of_order(key, order_id, counters)

    async def store_time_ms(self, activity_id: str) -> int:
        return await self._engine.counters.time_ms(activity_id)

    async def place(self, requests: Sequence[Any]) -> Sequence[Any]:
        if self.place_all is None:
            raise TuanError(Reason.SHUTTING_DOWN, "no calls are served here")
        return await self.place_all(requests)

    async def cancel_order(self, caller: str, request_id: str, order_id: str) -> None:
        await self._engine.changer.cancel(ChangeOrder(caller, request_id, order_id))

    async def refund_order(self, caller: str, request_id: str, order_id: str) -> None:
        await self._engine.refunder.refund(RefundOrder(caller, request_id, order_id))

    async def release_buffer(self, activity_id: str, sku: str) -> int:
        return await self._engine.activities.release_buffer(activity_id, sku)

    def events(self, after: int, kinds: Sequence[str] = (), activity_id: str = "") -> EventStream:
        return self._engine.events.follow(after, kinds, activity_id)

    async def judge(self, attempt: Attempt) -> Refusal | None:
        [verdict] = await self.judge_many([attempt])
        if isinstance(verdict, TuanError):
            raise verdict
        return verdict

    async def judge_many(self, attempts: Sequence[Attempt]) -> Sequence[Refusal | TuanError | None]:
        return await self._engine.judge.judge(attempts)

    async def deliver_notice(self, gateway: str, headers: Mapping[str, str], body: bytes) -> None:
        await self._engine.notice_receiver.receive(gateway, headers, body)

    def caller(self, grpc_context: Any) -> str:
        caller = current_caller.get()
        if not caller:
            raise TuanError(Reason.CREDENTIALS_MISSING, "this call carries no credentials")
        return caller

    def buyer(self, grpc_context: Any) -> str:
        return current_call.get().buyer

    async def stop(self) -> None:
        await end_tasks(self._tasks)


async def _forever(name: str, main: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await main()
            return
        except Exception as error:  # a plugin's own loop: it must not end because of one bad turn
            log.error("plugin_task_failed", task=name, error=repr(error))
            await asyncio.sleep(RESPAWN_PAUSE_S)


def _root_secret(settings: Settings) -> bytes:
    """From the settings, or made once and kept in the data folder, so that tickets outlive a restart."""
    given = settings.ticket_secret.get_secret_value()
    if given:
        return hashlib.sha256(given.encode()).digest()
    return kept_secret(settings.data_dir / "secret", secrets.token_bytes(32))
