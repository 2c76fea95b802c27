"""What groups have done later, and once: their seats made, their windows ended, and what a leader held for them given back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from tuan.plugin import Host, Job, Reason, TuanError, Unit, seats_counter
from tuan_group_buy import events
from tuan_group_buy.group import Group, GroupState
from tuan_group_buy.lots.drawing import early_ms
from tuan_group_buy.seats import leaders_claims, seats_of
from tuan_group_buy.tables import find_one

OPEN_SEATS = "group_buy.open_seats"
END_WINDOW = "group_buy.end_window"
DRAW = "group_buy.draw"
VACATE = "group_buy.vacate"
FREE_LEADER = "group_buy.free_leader"

#: The claims store's clock may be behind the engine's.
CLOCK_RETRY_MS = 500


class Jobs:
    """`host`: asked for when it is needed, since an engine collects jobs before it lends itself to plugins."""

    def __init__(self, host: Callable[[], Host]) -> None:
        self._lent = host

    @property
    def _host(self) -> Host:
        return self._lent()

    def handlers(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        return {
            OPEN_SEATS: self._open_seats,
            END_WINDOW: self._end_window,
            DRAW: self._draw,
            VACATE: self._vacate,
            FREE_LEADER: self._free_leader,
        }

    async def _open_seats(self, job: Job) -> None:
        """Deadline and all: from here on the claims store itself says who has a seat, and in time. `opened` follows from it."""
        group = await self._group(job)
        if group is None or not group.undecided:
            return
        group_id, activity_id = group.group_id, group.activity_id
        await self._host.define(activity_id, f"seats/{group_id}", seats_of(group))
        claims = leaders_claims(group)
        refusal = await self._host.claim(group_id, claims, events.OPENED, group_id, {}, activity_id)
        if refusal is not None:
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, f"group {group_id} has no seat for its leader")

    async def _end_window(self, job: Job) -> None:
        """The store grants nothing from the deadline on: what is paid by then is final, and on its way to SQL before this event."""
        group = await self._group(job)
        if group is None or not group.undecided:
            return
        group_id, activity_id = group.group_id, group.activity_id
        late_ms = await self._host.store_time_ms(activity_id) - group.expire_time_ms
        if late_ms < 0:
            raise TuanError(
                Reason.STORE_UNAVAILABLE,
                f"the window of group {group_id} is open by the store's clock",
                retry_after_ms=CLOCK_RETRY_MS,
            )
        seats = seats_counter(group_id)
        state = (await self._host.used([seats], activity_id)).get(seats)
        data = {"paid": state.taken if state is not None else 0}
        # Waits until everything that was decided before is in SQL, and so are its events.
        await self._host.read(lambda _: None)

        def tell(unit: Unit) -> None:
            unit.outbox.add(events.WINDOW_OVER, group_id, activity_id, self._host.clock.now_ms(), data)

        await self._host.write(tell)

    async def _draw(self, job: Job) -> None:
        """As an event like the others: whoever left before it has left. Told twice, the second finds it drawn."""
        group_id = str(job.payload["group_id"])

        def tell(unit: Unit) -> int:
            group, now_ms = find_one(unit.connection, group_id), self._host.clock.now_ms()
            if group is None or group.state is not GroupState.DRAWING:
                return 0
            early = early_ms(unit, group, now_ms)
            if not early:
                unit.outbox.add(events.DRAW_DUE, group_id, group.activity_id, now_ms, {})
            return early

        early = await self._host.write(tell)
        if early:  # the clock of another engine is ahead of ours
            message = f"group {group_id} is drawn in {early} ms by this engine's clock"
            raise TuanError(Reason.STORE_UNAVAILABLE, message, retry_after_ms=early)

    async def _vacate(self, job: Job) -> None:
        """The seat that the opening took for the leader. In a group that is decided by now, nothing comes back."""
        group = await self._group(job)
        if group is not None:
            quantities = {claim.counter: claim.quantity for claim in leaders_claims(group)}
            key = f"vacate/{group.group_id}"
            await self._host.give_back(key, group.activity_id, events.OPENED, group.group_id, quantities)

    async def _free_leader(self, job: Job) -> None:
        """A decided group counts no longer among those that its opener has open."""
        group = await self._group(job)
        if group is None:
            return
        order = await self._host.read(lambda unit: unit.orders.get(group.group_id))
        kept = order.placed.facts["kept"]["group_buy"] if order is not None else {}
        if kept.get("open"):
            await self._host.give_back_of_order(f"open/{group.group_id}", group.group_id, kept["open"])

    async def _group(self, job: Job) -> Group | None:
        group_id = str(job.payload["group_id"])
        return await self._host.read(lambda unit: find_one(unit.connection, group_id))
