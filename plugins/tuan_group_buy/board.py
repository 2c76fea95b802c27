"""Groups as their watchers see them: read once per change, however many look on."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from tuan.plugin import Host
from tuan_group_buy.group import Group
from tuan_group_buy.tables import find_one

KEPT_MAX = 10_000


class Board:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept: OrderedDict[str, Group] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Group | None]] = {}

    async def group(self, group_id: str, version: int) -> Group | None:
        """Not older than that version. Raises TuanError when the record is away."""
        kept = self._kept.get(group_id)
        while kept is None or kept.version < version:
            task = self._reading.get(group_id)
            if task is None:
                task = self._reading[group_id] = asyncio.create_task(self._read(group_id))
            # Shielded: a watcher who goes takes nobody else's answer along.
            kept = await asyncio.shield(task)
            if kept is None:
                return None
        return kept

    async def _read(self, group_id: str) -> Group | None:
        try:
            group = await self._host.read(lambda unit: find_one(unit.connection, group_id), fresh=False)
        finally:
            del self._reading[group_id]
        if group is not None:
            self._kept[group_id] = group
            self._kept.move_to_end(group_id)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return group
