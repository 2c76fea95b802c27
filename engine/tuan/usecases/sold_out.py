"""What is sold out, as far as this process has heard: most of those who come to a flash sale come too late, and need not reach the store.

Only the claims store decides. This is a memory of what it last said, believed for `BELIEVED_MS` at most, and no longer than until this
process itself gives something back (`watched_inventory`). It can only refuse: nothing is ever oversold by it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.claim import Answer, Claim, ClaimSet, Code
from tuan.ports import Clock

#: How long a unit that another process gave back may be refused here.
BELIEVED_MS = 200


class SoldOut:
    """By shard and counter: how many are available, and until when that is believed. Used in the loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shards: dict[str, dict[str, tuple[int, int]]] = {}

    def heard(self, shard: str, counter: str, available: int) -> None:
        """The store has no more than that of a named capacity."""
        self._shards.setdefault(shard, {})[counter] = (available, self._clock.now_ms() + BELIEVED_MS)

    def forget(self, shard: str) -> None:
        """Something came back, or may have."""
        self._shards.pop(shard, None)

    @property
    def is_empty(self) -> bool:
        """Nothing is believed to be short anywhere: what nearly every batch finds."""
        return not self._shards

    def knows_of(self, shard: str) -> bool:
        """True where anything is believed to be short."""
        known = self._shards.get(shard)
        if known is None:
            return False
        now_ms = self._clock.now_ms()
        if all(until_ms <= now_ms for _, until_ms in known.values()):
            self.forget(shard)
            return False
        return True

    def answer(self, shard: str, claims: Sequence[Claim] | ClaimSet) -> Answer | None:
        """What the store would say of claims that cannot be granted; None where it has to be asked."""
        known, now_ms = self._shards.get(shard, {}), self._clock.now_ms()
        for claim in claims:
            if claim.limit is None and claim.counter in known:
                available, until_ms = known[claim.counter]
                if claim.quantity > available and now_ms < until_ms:
                    return Answer(Code.DOES_NOT_FIT, counter=claim.counter, available=available)
        return None
