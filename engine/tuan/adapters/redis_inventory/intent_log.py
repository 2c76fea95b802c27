"""The IntentLog port on Redis streams."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import redis

from tuan.adapters.redis_inventory import wire
from tuan.adapters.redis_inventory.connection import SOCKET_TIMEOUT_S, connect_sync
from tuan.adapters.redis_inventory.errors import translated
from tuan.adapters.redis_inventory.keys import shard_keys
from tuan.domain.claim import Intent

#: One blocking read must come back well before the socket is given up.
BLOCK_MS_MAX = int(SOCKET_TIMEOUT_S * 1000) // 2


class RedisIntentLog:
    """`source`: a URL, or a client from `connect_sync`."""

    def __init__(self, source: str | redis.Redis) -> None:
        self._client = connect_sync(source) if isinstance(source, str) else source

    def wait(self, cursors: Mapping[str, int], timeout_ms: int) -> list[str]:
        """Raises STORE_UNAVAILABLE. Reading has no outcome that could stay unknown."""
        shards = {shard_keys(shard).intents.encode(): shard for shard in cursors}
        after = {key: f"{cursors[shard]}-0" for key, shard in shards.items()}
        deadline = time.monotonic() + timeout_ms / 1000
        if not after:
            time.sleep(max(timeout_ms, 0) / 1000)
            return []
        while True:
            left_ms = min(int((deadline - time.monotonic()) * 1000), BLOCK_MS_MAX)
            # BLOCK 0 would wait for ever, so the last look is one without it.
            found = self._call(self._client.xread, after, count=1, block=left_ms if left_ms > 0 else None)
            if found or left_ms <= 0:
                return [shards[key] for key, _ in found]

    def read(self, shard: str, after: int, count_max: int) -> list[Intent]:
        """An entry that goes beyond `count_max` is left for the next time, and cut when it stands alone."""
        key, first = shard_keys(shard).intents, f"({after}-0"
        entries = self._call(self._client.xrange, key, min=first, max=f"{after + count_max}-0")
        if not entries:
            entries = self._call(self._client.xrange, key, min=first, count=1)
        found = [intent for entry_id, fields in entries for intent in wire.intents(entry_id, fields[b"i"])]
        if found and found[0].sequence <= after:
            # The cursor stands within an entry: behind an intent that was set aside, or before one that is tried alone.
            found = found[after + 1 - found[0].sequence :]
        return found[:count_max]

    def trim(self, shard: str, through: int) -> None:
        key = shard_keys(shard).intents
        self._call(self._client.xtrim, key, minid=f"{through + 1}-0", approximate=False)

    def close(self) -> None:
        self._client.close()

    def _call(self, command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (redis.RedisError, OSError) as error:
            raise translated(error, sent=False) from error
