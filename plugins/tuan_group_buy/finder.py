"""Finds a group for somebody who wants a place, and has their order placed in it: the claims store decides, and whoever was slower
goes on to the next group within the same call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tuan.plugin import KEPT, Host, Unit
from tuan_api.v1.error_reason_pb2 import ErrorReason
from tuan_api.v1.order_pb2 import PlaceOrderRequest, PlaceOrderResult, RefusalKind
from tuan_group_buy.tables import joinable

#: Groups that one call tries before it opens one: each is a trip to the claims store.
TRIES_MAX = 8
#: A group that was full a moment ago is not tried again that soon: its seats are held by people who are about to pay.
FULL_FOR_MS = 1_000
FULL_KEPT_MAX = 10_000
REUSED = ErrorReason.ERROR_REASON_REQUEST_ID_REUSED
_TAKEN = (RefusalKind.REFUSAL_KIND_GROUP_FULL, RefusalKind.REFUSAL_KIND_ENDED)


@dataclass(frozen=True, slots=True)
class Seated:
    """`group_id`: empty where the order was refused."""

    result: PlaceOrderResult
    group_id: str = ""
    opened: bool = False

    def outcome(self) -> dict[str, Any]:
        """The field of a response that says what became of the order."""
        name = "placed" if self.result.HasField("placed") else "refusal"
        return {name: getattr(self.result, name)}


class Finder:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._full: dict[str, int] = {}

    async def open(self, order: PlaceOrderRequest) -> Seated:
        return await self._place(order, "")

    async def join(self, order: PlaceOrderRequest, group_id: str, any_group: bool) -> Seated:
        seated = await self._place(order, group_id)
        return await self.best(order) if any_group and self._is_taken(seated.result, group_id) else seated

    async def best(self, order: PlaceOrderRequest) -> Seated:
        """One request id, one order: a try that was refused has left nothing of it behind."""
        activity_id, caller = order.lines[0].activity_id, self._host.caller(None)
        for group_id in await self._candidates(activity_id, caller, order.buyer_id):
            seated = await self._place(order, group_id)
            if not self._is_taken(seated.result, group_id):
                return seated
        return await self.open(order)

    async def _candidates(self, activity_id: str, caller: str, buyer: str) -> Iterable[str]:
        now_ms = self._host.clock.now_ms()
        if len(self._full) > FULL_KEPT_MAX:
            self._full = {group_id: until for group_id, until in self._full.items() if until > now_ms}
        count = TRIES_MAX + len(self._full)

        def read(unit: Unit) -> list[str]:
            return list(joinable(unit.connection, activity_id, now_ms, (caller, buyer), None, count))

        found = await self._host.read(read, fresh=False)
        return [group_id for group_id in found if self._full.get(group_id, 0) <= now_ms][:TRIES_MAX]

    async def _place(self, order: PlaceOrderRequest, group_id: str) -> Seated:
        result = await self._result(order, group_id)
        if result.error.reason == REUSED:
            # Asked again, after another group had been found for it: the first answer is that group's.
            group_id = await self._first_group(order)
            result = await self._result(order, group_id)
        if not result.HasField("placed"):
            return Seated(result)
        return Seated(result, group_id or result.placed.order_id, not group_id)

    async def _result(self, order: PlaceOrderRequest, group_id: str) -> PlaceOrderResult:
        wanted = PlaceOrderRequest()
        wanted.CopyFrom(order)
        wanted.group_id = group_id
        [result] = await self._host.place([wanted])
        return result  # type: ignore[no-any-return]

    async def _first_group(self, order: PlaceOrderRequest) -> str:
        """The group of the order that the request made before; empty where it opened one, or made none."""
        key = (self._host.caller(None), order.request_id)
        found = await self._host.read(lambda unit: unit.orders.by_requests([key]))
        kept = found[0][0].placed.facts.get(KEPT, {}).get("group_buy", {}) if found else {}
        return str(kept.get("group_id", ""))

    def _is_taken(self, result: PlaceOrderResult, group_id: str) -> bool:
        """Another group may do. Being in this one already is a reason, too."""
        refusal = result.refusal
        own = refusal.kind == RefusalKind.REFUSAL_KIND_OVER_LIMIT and refusal.limit == "limit_per_member"
        if refusal.kind in _TAKEN:
            self._full[group_id] = self._host.clock.now_ms() + FULL_FOR_MS
        return refusal.kind in _TAKEN or own
