"""What an engine and its Redis take of the machine: CPU and memory, by process, whatever processes an engine consists of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import children

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far and resident bytes now: of the engine's own processes, and of the Redis that they launched."""

    engine_cpu_s: float = 0.0
    redis_cpu_s: float = 0.0
    engine_rss_bytes: int = 0

    def since(self, before: Usage) -> Usage:
        """CPU since then; memory as it is now."""
        return Usage(
            self.engine_cpu_s - before.engine_cpu_s, self.redis_cpu_s - before.redis_cpu_s, self.engine_rss_bytes
        )


def usage_of(pid: int) -> Usage:
    """Of a process and all its descendants; a rewrite of the AOF, which Redis forks for, counts as Redis."""
    engine_cpu_s = redis_cpu_s = 0.0
    rss_bytes = 0
    for each in _tree(pid):
        try:
            name, cpu_s = _name_and_cpu_s(each)
            if name.startswith("redis"):
                redis_cpu_s += cpu_s
            else:
                engine_cpu_s += cpu_s
                rss_bytes += _rss_bytes(each)
        except FileNotFoundError:  # it has ended since it was listed
            continue
    return Usage(engine_cpu_s, redis_cpu_s, rss_bytes)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        found += children(each)
    return found


def _name_and_cpu_s(pid: int) -> tuple[str, float]:
    """User and system time, that of ended children included."""
    head, _, tail = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    fields = tail.split()
    return head.partition("(")[2], sum(map(int, fields[11:15])) / _TICKS


def _rss_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
