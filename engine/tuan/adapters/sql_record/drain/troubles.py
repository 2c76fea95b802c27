"""Shards that cannot go on at once: a bad intent that waits for its next try, or a log that must not be followed."""

from __future__ import annotations

from dataclasses import dataclass

from tuan.adapters.sql_record.drain.lease import Lease
from tuan.adapters.sql_record.drain.settings import DrainSettings

#: How soon a log with a gap or of another epoch is looked at again: a rebuild may have replaced it.
LOOK_AGAIN_MS = 1000


@dataclass(slots=True)
class _Tries:
    sequence: int
    tries: int
    next_try_ms: int


class Troubles:
    def __init__(self, settings: DrainSettings) -> None:
        self._settings = settings
        self._tries: dict[str, _Tries] = {}
        self._stopped: dict[str, int] = {}
        self._told: set[tuple[str, str, int]] = set()

    def may_run(self, shard: str, now_ms: int) -> bool:
        if self._stopped.get(shard, 0) > now_ms:
            return False
        waiting = self._tries.get(shard)
        return waiting is None or waiting.next_try_ms <= now_ms

    def stop(self, shard: str, kind: str, sequence: int, now_ms: int) -> bool:
        """Let the shard stand; whether this trouble is a new one."""
        self._stopped[shard] = now_ms + LOOK_AGAIN_MS
        trouble = (shard, kind, sequence)
        new = trouble not in self._told
        self._told.add(trouble)
        return new

    def retries(self, lease: Lease) -> bool:
        """Whether the next intent is one that failed before, and so goes alone."""
        waiting = self._tries.get(lease.shard)
        return waiting is not None and waiting.sequence == lease.cursor + 1

    def failed(self, shard: str, sequence: int, now_ms: int) -> int:
        """Count one more failure of this intent; how many there were."""
        waiting = self._tries.get(shard)
        if waiting is None or waiting.sequence != sequence:
            waiting = self._tries[shard] = _Tries(sequence, 0, 0)
        waiting.tries += 1
        waiting.next_try_ms = now_ms + self._settings.back_off_ms * 2 ** (waiting.tries - 1)
        return waiting.tries

    def solved(self, shard: str) -> None:
        self._tries.pop(shard, None)
        self._stopped.pop(shard, None)
