"""Which servers may be used, and how."""

from __future__ import annotations

import asyncio

import pytest
import redis

from tuan.adapters.redis_inventory import (
    RedisInventory,
    check_owner,
    check_server,
    check_version,
    connect,
    connect_sync,
)
from tuan.domain.errors import InvalidValue, Reason, TuanError


@pytest.mark.parametrize(
    ("version", "socket", "tcp"),
    [
        ("5.0.14", False, False),
        ("6.0.20", False, False),
        ("6.2.14", True, False),
        ("6.2.19", True, False),
        ("6.2.20", True, True),
        ("6.2.20-rc1", True, True),
        ("7.0.15", True, False),
        ("7.2.10", True, False),
        ("7.2.11", True, True),
        ("7.4.5", True, False),
        ("7.4.6", True, True),
        ("8.0.3", True, False),
        ("8.2.2", True, True),
        ("8.4.0", True, True),
        ("9", True, True),
    ],
)
def test_versions(version: str, socket: bool, tcp: bool) -> None:
    """Goal: no server with the sandbox escape over TCP. Method: releases around each fix, by socket and by TCP."""
    for over_tcp, allowed in ((False, socket), (True, tcp)):
        if allowed:
            check_version(version, over_tcp)
        else:
            with pytest.raises(InvalidValue, match="use "):
                check_version(version, over_tcp)


async def test_more_callers_than_connections_wait_for_one(redis_url: str) -> None:
    """Goal: a shop of 300 running sales is read like one of three. Method: 300 reads at once; none is told that Redis is away."""
    async with connect(redis_url) as client:
        states = await asyncio.gather(*(RedisInventory(client).shard_state(f"sale-{number}") for number in range(300)))
        assert states == [None] * 300
        assert int((await client.info("clients"))["connected_clients"]) < 100


async def test_a_server_that_evicts_is_refused(redis_url: str) -> None:
    """Goal: no counter is evicted. Method: allow, then refuse the same server with another policy."""
    async with connect(redis_url) as client:
        await check_server(client, over_tcp=False)
        await client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(InvalidValue, match="noeviction"):
                await check_server(client, over_tcp=False)
        finally:
            await client.config_set("maxmemory-policy", "noeviction")


async def test_the_claims_of_another_record_are_refused(redis_url: str) -> None:
    """Goal: a new database never drains the orders of another. Method: the same Redis for a record, for it again, for another, and
    for the other once it was emptied."""
    async with connect(redis_url) as client:
        await check_owner(client, "first")
        await check_owner(client, "first")
        with pytest.raises(InvalidValue, match="record first, here second"):
            await check_owner(client, "second")
        await client.flushdb()
        await check_owner(client, "second")


async def test_no_server(tmp_path: object) -> None:
    """Goal: an unreachable server is told apart from a wrong one. Method: a socket that does not exist."""
    async with connect(f"unix://{tmp_path}/none.sock") as client:
        with pytest.raises(TuanError) as refused:
            await check_server(client, over_tcp=False)
    assert refused.value.reason is Reason.STORE_UNAVAILABLE


@pytest.mark.parametrize("url", ["unix:///nowhere/redis.sock", "redis://127.0.0.1:1/3", "rediss://127.0.0.1:1"])
def test_clients_never_repeat_a_command(url: str) -> None:
    """Goal: a lost reply never runs a script twice. Method: the retry of every connection that a client would make."""
    for client in (connect(url), connect_sync(url)):
        assert client.connection_pool.make_connection().retry.get_retries() == 0
        assert client.connection_pool.connection_kwargs["decode_responses"] is False
    assert redis.Redis().get_retry().get_retries() > 0
