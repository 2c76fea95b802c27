"""What it means when a shard answers that it is lost, closed or of another epoch: whoever rebuilds is told, the caller asks again."""

from __future__ import annotations

from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.usecases.drain_watch import DrainWatch

#: Codes that answer a whole batch, of which nothing was done.
AWAY = frozenset({Code.SHARD_MISSING, Code.STALE_EPOCH, Code.SHARD_CLOSED})
RETRY_AFTER_MS = 500


def shard_away(shard: str) -> TuanError:
    return TuanError(
        Reason.SHARD_REBUILDING, f"{shard} is being rebuilt; ask again", retry_after_ms=RETRY_AFTER_MS, shard=shard
    )


def refuse_if_away(answer: Answer, shard: str, watch: DrainWatch) -> None:
    """Raises SHARD_REBUILDING, and has the shard looked after, unless it answered for itself."""
    if answer.code in AWAY:
        watch.shard_refused(shard)
        raise shard_away(shard)
