"""What is sold out, as far as this process has heard: most of those who come to a flash sale come too late, and need not reach the store.

Only the claims store decides. This is a memory of what it last said, believed for `BELIEVED_MS`, and no longer than until this process
itself gives something back (`watched_inventory`). Then one order asks the store, while the others believe for as long as that
takes. It can only refuse: nothing is ever oversold by it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tuan.domain.activity import stock_counter
from tuan.domain.claim import Answer, Code
from tuan.ports import Clock

_GOODS = stock_counter("")
#: How long a unit that another process gave back may be refused here: until somebody asks, and until the answer is there.
BELIEVED_MS = 150
ASKING_MS = 50
#: Beyond so many sales, all is forgotten: those that ended are not told of.
SHARDS_MAX = 1_000


class SoldOut:
    """By shard and counter: how many are available, and until when that is believed. Used in the loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shards: dict[str, dict[str, tuple[int, int]]] = {}

    def heard(self, shard: str, counter: str, available: int) -> None:
        """The store has no more than that of a named capacity; what is remembered is goods."""
        if counter.startswith(_GOODS):
            if len(self._shards) >= SHARDS_MAX:
                self._shards.clear()
            self._shards.setdefault(shard, {})[counter] = (available, self._clock.now_ms() + BELIEVED_MS)

    def sold(self, shard: str, skus: Iterable[str]) -> None:
        """There was something left of these after all."""
        counters = self._shards.get(shard)
        if counters:
            for sku in skus:
                counters.pop(stock_counter(sku), None)

    def forget(self, shard: str) -> None:
        """Something came back, or may have."""
        self._shards.pop(shard, None)

    @property
    def is_empty(self) -> bool:
        """Nothing is believed to be short anywhere: what nearly every batch finds, since few sales are sold out at a time."""
        return not self._shards

    def short(self, shard: str, counter: str, quantity: int) -> Answer | None:
        """What the store would say of a claim that does not fit; None where it has to be asked."""
        counters = self._shards.get(shard, {})
        if counter not in counters:
            return None
        available, until_ms = counters[counter]
        if quantity <= available:
            return None
        now_ms = self._clock.now_ms()
        if now_ms < until_ms:
            return Answer(Code.DOES_NOT_FIT, counter=counter, available=available)
        counters[counter] = (available, now_ms + ASKING_MS)
        return None
