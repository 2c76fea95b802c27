"""Runs one script on one connection, so that it is known of every failure whether the script may have run."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio

from tuan.adapters.redis_inventory.errors import translated
from tuan.adapters.redis_inventory.keys import ShardKeys, shard_keys
from tuan.adapters.redis_inventory.scripts import script
from tuan.breaker import Breaker

_KEY_COUNT = len(ShardKeys._fields)


class ScriptRunner:
    """`run` sends a verb's hash; a server that does not know it (restarted, flushed) gets the source, having done nothing.

    `breaker` hears of connections that fail. A server that refuses is there, and quick: it must hear of what frees its memory.
    """

    def __init__(self, client: redis.asyncio.Redis, breaker: Breaker | None = None) -> None:
        self._client = client
        self._breaker = breaker

    async def run(self, verb: str, shard: str, *arguments: bytes | str | int) -> Any:
        """The script's reply. Raises TuanError STORE_UNAVAILABLE (it did not run) or OUTCOME_UNKNOWN (it may have)."""
        rest = (_KEY_COUNT, *shard_keys(shard), *arguments)
        what = script(verb)
        try:
            return await self.call("EVALSHA", what.sha, *rest)
        except redis.exceptions.NoScriptError:
            return await self.call("EVAL", what.source, *rest)

    async def call(self, *command: bytes | str | int) -> Any:
        """One command. Raises as `run` does."""
        if self._breaker is None:
            return await self._call(command)
        return await self._breaker.run(lambda: self._call(command), _is_away)

    async def _call(self, command: tuple[bytes | str | int, ...]) -> Any:
        """The pool hands out connected connections, so whatever fails before one is in hand was not sent."""
        pool = self._client.connection_pool
        try:
            connection = await pool.get_connection()
        except (redis.RedisError, OSError) as error:
            raise translated(error, sent=False) from error
        try:
            await connection.send_command(*command)
            return await connection.read_response()
        except redis.exceptions.NoScriptError:
            raise
        except (redis.RedisError, OSError) as error:
            raise translated(error, sent=True) from error
        finally:
            await pool.release(connection)


def _is_away(error: Exception) -> bool:
    return isinstance(error.__cause__, redis.ConnectionError | redis.TimeoutError | OSError)
