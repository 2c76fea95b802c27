"""Finds a group for somebody who wants a place, and has their order placed in it: the claims store decides, and whoever was slower
goes on to the next group within the same call. Knows nothing of gRPC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tuan.plugin import KEPT, Host, Unit
from tuan_group_buy.tables import joinable

#: Groups that one call tries before it opens one: each is a trip to the claims store.
TRIES_MAX = 8
#: A group that was full a moment ago is not tried again that soon: its seats are held by people who are about to pay.
FULL_FOR_MS = 1_000
FULL_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an order. `order_id`: where it was placed. `is_over`: the group is full or over; `is_in`: the buyer is in it
    already. `is_reused`: the request was placed before, in another group or with another content.
    """

    answer: Any
    order_id: str = ""
    is_over: bool = False
    is_in: bool = False
    is_reused: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A place. `place`: has the order placed in a group, or in a new one for an empty id."""

    activity_id: str
    caller: str
    buyer: str
    request_id: str
    place: Callable[[str], Awaitable[Tried]]


@dataclass(frozen=True, slots=True)
class Seated:
    """`group_id`: empty where the order was refused."""

    answer: Any
    group_id: str = ""
    opened: bool = False


class Finder:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._full: dict[str, int] = {}

    async def open(self, wanted: Wanted) -> Seated:
        return (await self._try(wanted, ""))[0]

    async def join(self, wanted: Wanted, group_id: str, any_group: bool) -> Seated:
        """`any_group`: where that one is full or over, the best other one will do."""
        seated, goes_on = await self._try(wanted, group_id)
        return await self.best(wanted) if any_group and goes_on else seated

    async def best(self, wanted: Wanted) -> Seated:
        """One request id, one order: a try that was refused has left nothing of it behind."""
        for group_id in await self._candidates(wanted):
            seated, goes_on = await self._try(wanted, group_id)
            if not goes_on:
                return seated
        return await self.open(wanted)

    async def _candidates(self, wanted: Wanted) -> Iterable[str]:
        now_ms = self._host.clock.now_ms()
        if len(self._full) > FULL_KEPT_MAX:
            self._full = {group_id: until_ms for group_id, until_ms in self._full.items() if until_ms > now_ms}
        count = TRIES_MAX + sum(until_ms > now_ms for until_ms in self._full.values())

        def read(unit: Unit) -> list[str]:
            own = (wanted.caller, wanted.buyer)
            return list(joinable(unit.connection, wanted.activity_id, now_ms, own, None, count))

        found = await self._host.read(read, fresh=False)
        return [group_id for group_id in found if self._full.get(group_id, 0) <= now_ms][:TRIES_MAX]

    async def _try(self, wanted: Wanted, group_id: str) -> tuple[Seated, bool]:
        """Where the order is now, and whether another group may do."""
        tried = await wanted.place(group_id)
        if tried.is_reused:
            # Asked again, after another group had been found for it: the first answer is that group's.
            group_id = await self._first_group(wanted)
            tried = await wanted.place(group_id)
        if tried.is_over and group_id:
            self._full[group_id] = self._host.clock.now_ms() + FULL_FOR_MS
        if not tried.order_id:
            return Seated(tried.answer), bool(group_id) and (tried.is_over or tried.is_in)
        return Seated(tried.answer, group_id or tried.order_id, not group_id), False

    async def _first_group(self, wanted: Wanted) -> str:
        """The group of the order that the request made before; empty where it opened one, or made none."""
        key = (wanted.caller, wanted.request_id)
        found = await self._host.read(lambda unit: unit.orders.by_requests([key]))
        kept = found[0][0].placed.facts.get(KEPT, {}).get("group_buy", {}) if found else {}
        return str(kept.get("group_id", ""))
