"""Writes of commands that touch SQL alone: one transaction each, and the snapshot renewed where it may have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tuan.ports import Record, Unit
from tuan.usecases.snapshot import SnapshotKeeper

T = TypeVar("T")


class Writer:
    def __init__(self, record: Record, keeper: SnapshotKeeper) -> None:
        self._record = record
        self._keeper = keeper

    async def write(self, work: Callable[[Unit], T]) -> T:
        return await self._record.write(work)

    async def write_and_refresh(self, work: Callable[[Unit], T]) -> T:
        """For what the hot path reads from memory: when this returns, this process sees the change."""
        result = await self._record.write(work)
        await self._keeper.refresh()
        return result
