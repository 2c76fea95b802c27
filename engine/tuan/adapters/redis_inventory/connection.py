"""Connections to Redis that never repeat a command by themselves, and the check that a server may be used at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from tuan.adapters.redis_inventory.errors import translated
from tuan.adapters.redis_inventory.keys import OWNER_KEY
from tuan.domain.errors import InvalidValue

#: First releases without the Lua sandbox escape CVE-2025-49844, by release line. Any later line is newer than the fix.
SAFE_RELEASES = {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2}
OLDEST = (6, 2)
#: Longer than any script runs; shorter than a caller waits.
SOCKET_TIMEOUT_S = 10.0
#: Of one engine process. Redis answers one at a time: more of them only wait there instead of here.
CONNECTIONS_MAX = 32


def connect(url: str) -> redis.asyncio.Redis:
    """A client for `RedisInventory`. redis-py repeats a command whose reply was lost up to ten times; this one never does.

    Who comes when all connections are taken waits for one; redis-py's own pool refuses the 101st, and a shop of 101 sales asks for
    the state of all at once.
    """
    pool: redis.asyncio.BlockingConnectionPool = redis.asyncio.BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS_MAX, timeout=SOCKET_TIMEOUT_S, retry=AsyncRetry(NoBackoff(), 0), **_OPTIONS
    )
    return redis.asyncio.Redis.from_pool(pool)


def connect_sync(url: str) -> redis.Redis:
    """A client for `RedisIntentLog`, which lives in a thread or process of its own."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_OPTIONS)


_OPTIONS: Mapping[str, Any] = {
    "decode_responses": False,
    "protocol": 2,
    "socket_timeout": SOCKET_TIMEOUT_S,
}


async def check_server(client: redis.asyncio.Redis, over_tcp: bool) -> None:
    """Refuses a server that could lose counters or be broken into: raises InvalidValue that says what to use instead."""
    try:
        info: Mapping[str, Any] = await client.info()
    except redis.RedisError as error:
        raise translated(error, sent=False) from error
    check_version(str(info["redis_version"]), over_tcp)
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise InvalidValue("TUAN_REDIS_URL", f"the server evicts keys ({policy}); set maxmemory-policy noeviction")


async def check_owner(client: redis.asyncio.Redis, record_id: str) -> None:
    """Claims belong to one record: raises InvalidValue for those of another, which would be drained into this one.

    A server that is empty, or has lost everything, belongs to whoever comes first.
    """
    try:
        await client.set(OWNER_KEY, record_id, nx=True)
        owner = await client.get(OWNER_KEY)
    except redis.RedisError as error:
        raise translated(error, sent=False) from error
    if isinstance(owner, bytes) and owner.decode() != record_id:
        raise InvalidValue(
            "TUAN_REDIS_URL",
            f"this Redis holds the claims of another database (record {owner.decode()}, here {record_id}); give each its own Redis, "
            "or, if the other one is gone for good, empty it: redis-cli FLUSHDB, or delete the folder redis/ in the data folder",
        )


def check_version(version: str, over_tcp: bool) -> None:
    """Redis 6.2 has what the scripts need. Over TCP it must also be a release without the sandbox escape."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    if (major, minor) < OLDEST:
        raise InvalidValue("TUAN_REDIS_URL", f"Redis {version} is too old; use 6.2.20 or later")
    if not over_tcp or (major, minor) > max(SAFE_RELEASES):
        return
    safe_patch = SAFE_RELEASES.get((major, minor))
    if safe_patch is None or patch < safe_patch:
        safe = ", ".join(f"{line[0]}.{line[1]}.{first}" for line, first in SAFE_RELEASES.items())
        raise InvalidValue(
            "TUAN_REDIS_URL",
            f"Redis {version} lets a script break out of its sandbox (CVE-2025-49844); use {safe} or later of the same line",
        )
