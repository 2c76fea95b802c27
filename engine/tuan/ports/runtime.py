"""What comes from the machine: the time and new ids."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Unix milliseconds, never backwards within a process."""


class Ids(Protocol):
    def new(self) -> str:
        """A time-sortable id (UUIDv7), unique across processes."""

    def many(self, count: int) -> list[str]:
        """So many of them, in order: a batch's cost a third of as many single ones."""
