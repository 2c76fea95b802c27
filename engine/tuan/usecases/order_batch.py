"""The working state of one call that places a batch of orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuan.domain.claim import Answer
from tuan.plugin import Attempt
from tuan.usecases.assemble import Assembled, Claims
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult
from tuan.usecases.snapshot import Snapshot


class OrderBatch:
    """Parallel lists by command index. A result that is still None is open. `granted`: (shard, answer), in reserve order."""

    def __init__(self, commands: Sequence[PlaceOrder], snapshot: Snapshot) -> None:
        count = len(commands)
        self.commands = commands
        self.snapshot = snapshot
        self.keys = [""] * count
        self.fingerprints = [""] * count
        self.attempts: list[Attempt | None] = [None] * count
        self.assembled: list[Assembled | None] = [None] * count
        self.results: list[PlaceResult | None] = [None] * count
        #: Orders of which a promotion ran out between pricing and claiming.
        self.ran_out: list[int] = []
        self.granted: list[list[tuple[str, Answer]]] = [[] for _ in range(count)]

    def open(self) -> list[int]:
        return [index for index, result in enumerate(self.results) if result is None]

    def claims_of(self, index: int) -> Mapping[str, Claims]:
        assembled = self.assembled[index]
        return assembled.claims if assembled is not None else {}

    def skus_of(self, index: int) -> Iterator[str]:
        """Of the goods that an order claims; none of one that is not priced."""
        assembled = self.assembled[index]
        return (line.sku for line in assembled.lines) if assembled is not None else iter(())

    def last_shard(self, index: int) -> str:
        """The one that commits the order."""
        return max(self.claims_of(index))

    def shards(self) -> list[str]:
        """In the one fixed order that every order reserves in, so that two orders can never wait for each other."""
        return sorted({shard for index in self.open() for shard in self.claims_of(index)})

    def keys_over_shards(self) -> set[str]:
        """Of open orders that reserve on more than one shard."""
        return {self.keys[index] for index in self.open() if len(self.claims_of(index)) > 1}

    def newly_placed(self) -> list[Assembled]:
        """The orders that this call has placed; repeats were placed before."""
        return [
            assembled
            for assembled, result in zip(self.assembled, self.results, strict=True)
            if assembled is not None and isinstance(result, Placed) and not result.replayed
        ]

    def finished(self) -> list[PlaceResult]:
        """One result per command. Raises ValueError when an order is still open, which no caller may ever hear nothing of."""
        if still_open := self.open():
            raise ValueError(f"orders {still_open} of a batch of {len(self.commands)} have no result")
        return [result for result in self.results if result is not None]
