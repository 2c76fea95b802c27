"""What a caller learns when Redis refuses, dies, hangs or forgets: whether anything may have been done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tuan.adapters.redis_inventory import RedisIntentLog, RedisInventory, connect
from tuan.adapters.redis_inventory.errors import translated
from tuan.domain.claim import Claim, Code, CounterSpec, ReserveRequest
from tuan.domain.errors import Reason, TuanError

REQUEST = ReserveRequest("r", "f", (Claim("phone", 1),), 0)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _inventory(url: str, timeout_s: float = 5.0) -> AsyncIterator[RedisInventory]:
    client = redis.asyncio.Redis.from_url(url, retry=Retry(NoBackoff(), 0), protocol=2, socket_timeout=timeout_s)
    yield RedisInventory(client)
    await client.aclose()


@asynccontextmanager
async def _server(folder: Path, handler: Handler) -> AsyncIterator[str]:
    """A server that is not Redis; `handler` decides how it fails."""
    path = folder / "fake.sock"
    async with await asyncio.start_unix_server(handler, path):
        yield f"unix://{path}"


async def _refusal(inventory: RedisInventory) -> TuanError:
    with pytest.raises(TuanError) as refused:
        await inventory.reserve("sale", 1, [REQUEST])
    return refused.value


async def test_nobody_listens(tmp_path: Path) -> None:
    """Goal: what was surely not done is said to be so. Method: a socket path without a server, for both ports."""
    url = f"unix://{tmp_path}/none.sock"
    async with _inventory(url) as inventory:
        refusal = await _refusal(inventory)
    assert refusal.reason is Reason.STORE_UNAVAILABLE
    assert refusal.retry_after_ms
    with pytest.raises(TuanError) as unread:
        RedisIntentLog(url).read("sale", 0, 1)
    assert unread.value.reason is Reason.STORE_UNAVAILABLE


async def test_the_connection_breaks_before_the_answer(tmp_path: Path) -> None:
    """Goal: a lost answer is never repeated behind the caller's back. Method: hang up after the command; count commands."""
    commands: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while b"EVAL" not in (received := await reader.read(65536)):
            writer.write(b"+OK\r\n" * received.count(b"*"))
        commands.append(received)
        writer.close()

    async with _server(tmp_path, hang_up) as url, _inventory(url) as inventory:
        assert (await _refusal(inventory)).reason is Reason.OUTCOME_UNKNOWN
    assert len(commands) == 1


async def test_the_answer_does_not_come(tmp_path: Path) -> None:
    """Goal: a hanging server is an unknown outcome. Method: a server that reads and stays silent."""
    silent = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while b"EVAL" not in (received := await reader.read(65536)):
            writer.write(b"+OK\r\n" * received.count(b"*"))
        await silent.wait()
        writer.close()

    async with _server(tmp_path, say_nothing) as url, _inventory(url, timeout_s=0.05) as inventory:
        assert (await _refusal(inventory)).reason is Reason.OUTCOME_UNKNOWN
        silent.set()


async def test_an_unknown_outcome_is_asked_for(redis_url: str) -> None:
    """Goal: asking again with the same key settles it. Method: cancel calls in flight, then repeat; one unit each is taken."""
    async with _inventory(redis_url) as inventory:
        await inventory.define("sale", 1, "d", [CounterSpec("phone", 100)])
        for number in range(20):
            request = ReserveRequest(f"r{number}", "f", (Claim("phone", 1),), 0)
            call = asyncio.ensure_future(inventory.reserve("sale", 1, [request]))
            for _ in range(number % 5):
                await asyncio.sleep(0)
            call.cancel()
            (answer,) = await inventory.reserve("sale", 1, [request])
            assert answer.code is Code.GRANTED
        assert (await inventory.counters("sale"))["phone"].used == 20


async def test_scripts_are_loaded_again(redis_url: str) -> None:
    """Goal: a restarted or flushed server is taught the scripts. Method: flush them between two calls."""
    async with connect(redis_url) as client:
        inventory = RedisInventory(client)
        await inventory.define("sale", 1, "d", [CounterSpec("phone", 1)])
        await client.script_flush()
        (answer,) = await inventory.reserve("sale", 1, [REQUEST])
        assert answer.code is Code.GRANTED


async def test_no_memory_left(redis_url: str) -> None:
    """Goal: a server that takes no writes did nothing. Method: maxmemory of one byte; counters before and after."""
    async with connect(redis_url) as client:
        inventory = RedisInventory(client)
        await inventory.define("sale", 1, "d", [CounterSpec("phone", 1)])
        before = await inventory.counters("sale"), await inventory.shard_state("sale")
        await client.config_set("maxmemory", 1)
        try:
            refusal = await _refusal(inventory)
        finally:
            await client.config_set("maxmemory", 0)
        assert (refusal.reason, refusal.retry_after_ms) == (Reason.STORE_UNAVAILABLE, 1000)
        after = await inventory.counters("sale"), await inventory.shard_state("sale")
        assert (after[0], after[1].sequence if after[1] else 0) == (before[0], 1)


async def test_a_replica_is_not_written_to(redis_url: str) -> None:
    """Goal: a demoted server is unavailable, not broken. Method: make it a replica of nobody reachable."""
    async with connect(redis_url) as client:
        inventory = RedisInventory(client)
        await inventory.define("sale", 1, "d", [CounterSpec("phone", 1)])
        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            assert (await _refusal(inventory)).reason is Reason.STORE_UNAVAILABLE
        finally:
            await client.execute_command("REPLICAOF", "NO", "ONE")


@pytest.mark.parametrize(
    "message",
    [
        "MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.",
        "Error running script (call to f_1): @user_script:57: @user_script: 57: -MISCONF Errors writing to the AOF file",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script.",
    ],
)
def test_servers_that_refuse_writes(message: str) -> None:
    """Goal: a full disk answers UNAVAILABLE with a time to retry. Method: the messages of Redis 6.2 and 7, by their code."""
    error = translated(redis.ResponseError(message), sent=True)
    assert isinstance(error, TuanError)
    assert error.reason is Reason.STORE_UNAVAILABLE


def test_our_own_faults_are_not_hidden() -> None:
    """Goal: a fault in a script is seen as one. Method: an error that no server state explains comes back as it is."""
    fault = redis.ResponseError("Error running script: @user_script:9: attempt to index a nil value MISCONF")
    assert translated(fault, sent=True) is fault
