"""Single orders become batches; every caller hears of his own, whatever happens to the batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import pytest

from tuan.server.batcher import IN_FLIGHT_MAX, OrderBatcher


class Placer:
    """Answers each command by itself, once it is let; `batches` are the sizes it saw."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.lose = 0
        self.error: Exception | None = None

    async def place(self, commands: Sequence[Any]) -> list[Any]:
        self.batches.append(len(commands))
        await self.gate.wait()
        if self.error:
            raise self.error
        return list(commands)[self.lose :]


async def test_those_who_come_together_go_together() -> None:
    """Goal: one batch per window, full ones at once. Method: 10 orders in batches of 4."""
    placer = Placer()
    batcher = OrderBatcher(placer, window_ms=1, size_max=4)  # type: ignore[arg-type]
    assert await asyncio.gather(*(batcher.place(number) for number in range(10))) == list(range(10))  # type: ignore[arg-type]
    assert placer.batches == [4, 4, 2]


async def test_what_gathers_while_all_places_are_taken() -> None:
    """Goal: nobody is forgotten when the batches under way end. Method: fill every place, add three more, open the gate."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=2)  # type: ignore[arg-type]
    calls = [asyncio.create_task(batcher.place(number)) for number in range(2 * IN_FLIGHT_MAX)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    late = asyncio.create_task(batcher.place(99))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    placer.gate.set()
    assert await asyncio.wait_for(asyncio.gather(*calls, late), 5) == [*range(2 * IN_FLIGHT_MAX), 99]


async def test_a_caller_who_hangs_up_changes_nothing_for_the_others() -> None:
    """Goal: a cancelled call leaves its batch alone. Method: cancel one of two."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=1, size_max=2)  # type: ignore[arg-type]
    gone, stays = (asyncio.create_task(batcher.place(number)) for number in range(2))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    gone.cancel()
    placer.gate.set()
    assert await asyncio.wait_for(stays, 5) == 1
    assert placer.batches == [2]


async def test_an_order_whose_time_is_over_is_left_out() -> None:
    """Goal: no work for nobody. Method: fill every place; of three that wait, one has no time left; open the gate."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=2)  # type: ignore[arg-type]
    calls = [asyncio.create_task(batcher.place(number)) for number in range(2 * IN_FLIGHT_MAX)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    late, *others = (
        asyncio.create_task(batcher.place(number, until_s))  # type: ignore[arg-type]
        for number, until_s in ((90, perf_counter() - 1), (91, perf_counter() + 60))
    )
    await asyncio.sleep(0)
    placer.gate.set()
    assert await asyncio.wait_for(asyncio.gather(*calls, *others), 5) == [*range(2 * IN_FLIGHT_MAX), 91]
    assert placer.batches == [2] * IN_FLIGHT_MAX + [1]
    with pytest.raises(asyncio.CancelledError):
        await late


@pytest.mark.parametrize("fault", ["raises", "loses one"])
async def test_a_batch_that_fails_is_told_to_all(fault: str) -> None:
    """Goal: nobody waits for ever. Method: the placer raises; the placer answers with one result too few."""
    placer = Placer()
    placer.error, placer.lose = (OSError("away"), 0) if fault == "raises" else (None, 1)
    batcher = OrderBatcher(placer, window_ms=1, size_max=3)  # type: ignore[arg-type]
    calls = asyncio.gather(*(batcher.place(number) for number in range(3)), return_exceptions=True)  # type: ignore[arg-type]
    assert all(isinstance(result, Exception) for result in await asyncio.wait_for(calls, 5))


async def test_drain_waits_for_all() -> None:
    """Goal: at the end of the engine every order that was taken in has its result. Method: drain before the window is over."""
    placer = Placer()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=100)  # type: ignore[arg-type]
    calls = [asyncio.create_task(batcher.place(number)) for number in range(5)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await batcher.drain()
    assert await asyncio.wait_for(asyncio.gather(*calls), 5) == list(range(5))
