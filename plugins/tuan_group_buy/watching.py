"""Progress as it is watched: of one group with its cheers, or of all groups of an activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tuan.plugin import Activity, Event, Host, Unit
from tuan_group_buy import events
from tuan_group_buy.board import Board
from tuan_group_buy.group import OVER, Group, GroupState
from tuan_group_buy.offer import Offer
from tuan_group_buy.reading import group_and_offer, in_order
from tuan_group_buy.tables import joinable
from tuan_group_buy.tokens import read_resume_token, resume_token

#: Groups in one of the first answers of an activity's stream; the proto says so.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """`groups` as they are now; `cheer`: the event of one. `resume_token`: empty where there is nothing to go on from yet."""

    offer: Offer
    groups: Sequence[Group]
    resume_token: str
    cheer: Event | None = None


class Watching:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._board = Board(host)

    async def group(self, group_id: str, token: str) -> AsyncIterator[Seen]:
        """As it is, then whatever happens to it until it ends. Raises GROUP_NOT_FOUND, RESUME_TOKEN_INVALID."""
        resumed = read_resume_token(token, group_id)
        (group, offer), last = await self._host.read(lambda unit: (group_and_offer(unit, group_id), unit.outbox.last()))
        after = resumed if resumed >= 0 else last
        yield Seen(offer, [group], resume_token(group_id, after))
        if group.is_over:
            return
        async for event, newer in self._news(after, (events.CHANGED, events.CHEERED), group.activity_id, group):
            cheer = event if event.kind == events.CHEERED else None
            yield Seen(offer, [newer], resume_token(group_id, event.event_id), cheer)
            if event.data.get("state", GroupState.OPEN) in OVER:
                return

    async def activity(self, activity: Activity, token: str) -> AsyncIterator[Seen]:
        """The groups that can be joined, unless it is resumed; then each that is another now. Raises RESUME_TOKEN_INVALID."""
        activity_id, offer = activity.activity_id, Offer.from_config(activity.config)
        after = read_resume_token(token, activity_id)
        if after < 0:
            # Asked for before the groups are: one that changes while they are read is told of again, and none is missed.
            after = await self._host.read(lambda unit: unit.outbox.last())
            async for page in self._joinable(activity_id):
                yield Seen(offer, page, "" if len(page) == PAGE else resume_token(activity_id, after))
        async for event, group in self._news(after, (events.CHANGED,), activity_id):
            yield Seen(offer, [group], resume_token(activity_id, event.event_id))

    async def _joinable(self, activity_id: str) -> AsyncIterator[list[Group]]:
        """Page by page; the last one has fewer than PAGE, or none."""
        now_ms, last = self._host.clock.now_ms(), None

        def read(unit: Unit) -> list[Group]:
            return in_order(unit, joinable(unit.connection, activity_id, now_ms, None, last, PAGE))

        while True:
            page = await self._host.read(read, fresh=False)
            yield page
            if len(page) < PAGE:
                return
            last = (page[-1].seats - page[-1].paid, page[-1].open_time_ms, page[-1].group_id)

    async def _news(
        self, after: int, kinds: Sequence[str], activity_id: str, only: Group | None = None
    ) -> AsyncIterator[tuple[Event, Group]]:
        """What happened behind an event, with the group as it was then or later. `only`: of this group, and none older than it."""
        version = only.version if only is not None else 0
        async for event in self._host.events(after, kinds, activity_id):
            if only is not None and event.subject != only.group_id:
                continue
            group = await self._board.group(event.subject, max(version, int(event.data.get("version", 0))))
            if group is not None:
                yield event, group
