"""Take claims at once and for good for a plugin: a coupon is collected, a chance is used. Nothing is pending, nothing comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuan.codec import encode
from tuan.domain.activity import RETAIL
from tuan.domain.claim import Claim, Code, ReserveRequest
from tuan.domain.errors import InvalidValue
from tuan.plugin import Refusal, RefusalKind
from tuan.ports import Inventory
from tuan.usecases.claim_basket import Lie, check_claim
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.order_commands import request_id_reused, request_key
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper


def taken_key(event_kind: str, key: str) -> str:
    """Of the reservation. No order has a caller with a blank in its name."""
    return request_key(f" {event_kind}", key)


class Taker:
    """The claims and the event that tells of them are one step of the claims store: neither is ever without the other."""

    def __init__(self, inventory: Inventory, keeper: SnapshotKeeper, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._keeper = keeper
        self._watch = watch

    async def take(
        self,
        key: str,
        claims: Sequence[Claim],
        event_kind: str,
        subject: str,
        data: Mapping[str, Any],
        shard: str = RETAIL,
    ) -> Refusal | None:
        """See `Host.claim`."""
        for claim in claims:
            try:
                check_claim(claim)
            except Lie as lie:
                raise InvalidValue("claims", str(lie)) from lie
        content = encode([event_kind, subject, [(claim.counter, claim.quantity) for claim in claims]])
        request = ReserveRequest(
            key=taken_key(event_kind, key),
            fingerprint=hashlib.blake2b(content, digest_size=12).hexdigest(),
            claims=tuple(claims),
            hold_ms=0,
            body=encode({"event_kind": event_kind, "subject": subject, "data": dict(data)}),
            confirm=True,
        )
        [answer] = await self._inventory.reserve(shard, self._keeper.epoch(shard), [request])
        refuse_if_away(answer, shard, self._watch)
        match answer.code:
            case Code.GRANTED:
                return None
            case Code.FINGERPRINT_MISMATCH:
                raise request_id_reused(key)
            case Code.OVER_LIMIT:
                left = max(0, answer.available)
                return Refusal(RefusalKind.OVER_LIMIT, f"{left} are left", available=left, limit=answer.counter or "")
            case _:
                raise InvalidValue("claims", f"cannot be taken: {answer.code.name} {answer.counter or ''}")
