"""What `SqlRecord` and the drain need of a database: three ways to run work, each answering with a Future."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Store(Protocol):
    """`work` runs in a thread of the store, inside one transaction that is committed before the Future resolves."""

    dialect: str

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        """Serializable. `work` may run again after a serialization failure."""

    def drain(self, work: Callable[[Connection], T]) -> Future[T]:
        """For the drain, whose cursor fences it: READ COMMITTED, and no retry of its own."""

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        """One snapshot, read-only."""

    def close(self) -> None: ...
