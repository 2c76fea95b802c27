"""Blocks: a script in the shape of the engine's (four keys changed as one), and the check that none is there in part."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_WRITE = """
local sequence = redis.call('INCR', KEYS[1] .. ':sequence')
redis.call('HSET', KEYS[1] .. ':claims', ARGV[1], 'pending')
redis.call('ZADD', KEYS[1] .. ':due', sequence, ARGV[1])
redis.call('XADD', KEYS[1] .. ':intents', sequence .. '-0', 'block', ARGV[1], 'body', string.rep('x', tonumber(ARGV[2])))
return sequence
"""


def connect(url: str) -> redis.Redis:
    """A client that never sends twice: a repeated block would hide a lost one."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), decode_responses=True)


def write_block(client: redis.Redis, name: str, body_bytes: int = 20) -> None:
    """One script call, so one MULTI..EXEC in the append-only file; returns when Redis acknowledged it."""
    client.eval(_WRITE, 1, "{shard}", name, body_bytes)


def whole_blocks(client: redis.Redis) -> list[str]:
    """Names of the blocks that are there, in order. Raises AssertionError when one is there in part."""
    by_claims = set(client.hkeys("{shard}:claims"))
    by_due = client.zrange("{shard}:due", 0, -1)
    # redis-py's types cover both protocols and the asynchronous client too; with decode_responses these are plain strings.
    entries: list[tuple[str, dict[str, str]]] = cast(Any, client.xrange("{shard}:intents"))
    by_intents = [entry["block"] for _, entry in entries]
    count = int(client.get("{shard}:sequence") or 0)
    assert by_due == by_intents, f"half a block: due {by_due}, intents {by_intents}"
    assert by_claims == set(by_due), f"half a block: claims {by_claims}, due {by_due}"
    assert count == len(by_due), f"half a block: sequence {count}, blocks {by_due}"
    return by_intents


def assert_blocks(client: redis.Redis, acknowledged: Collection[str], unknown: Collection[str] = ()) -> None:
    """Every acknowledged block is there, whole; of the others only those whose outcome was never told may be."""
    present = set(whole_blocks(client))
    assert set(acknowledged) <= present, f"lost: {sorted(set(acknowledged) - present)}"
    assert present <= {*acknowledged, *unknown}, f"risen: {sorted(present - {*acknowledged, *unknown})}"
