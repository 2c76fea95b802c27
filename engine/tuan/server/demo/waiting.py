"""Waiting for what the engine does by itself, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from tuan_client import AsyncClient
from tuan_client.values.campaign import ActivityState

PAUSE_S = 0.1


async def until(what: str, reached: Callable[[], Awaitable[bool]], s_max: float = 60.0) -> None:
    """Raises RuntimeError when it takes longer than `s_max` seconds."""
    deadline_s = monotonic() + s_max
    while not await reached():
        if monotonic() > deadline_s:
            raise RuntimeError(f"after {s_max:.0f} s it is still not so that {what}")
        await asyncio.sleep(PAUSE_S)


async def until_activity(client: AsyncClient, activity_id: str, state: ActivityState) -> None:
    async def reached() -> bool:
        return (await client.campaigns.get_activity(activity_id)).state is state

    await until(f"{activity_id} is {state.name.lower()}", reached)
