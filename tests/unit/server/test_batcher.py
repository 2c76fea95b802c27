"""Single orders become batches; every caller hears of his own, whatever happens to the batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import pytest

from tuan.server import batcher as batcher_module
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


async def test_those_who_were_answered_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: callers who come again one after the other share a batch, and the last of them closes it. Method: a batch of three,
    then three orders one by one; neither window nor patience ends within the test."""
    monkeypatch.setattr(batcher_module, "PATIENCE", 1e9)
    monkeypatch.setattr(batcher_module, "PATIENCE_S_MAX", 3_600.0)
    placer = Placer()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=3)  # type: ignore[arg-type]
    await asyncio.gather(*(batcher.place(number) for number in range(3)))  # type: ignore[arg-type]
    batcher._size_max = 100
    calls = []
    for number in range(3):
        assert placer.batches == [3]
        calls.append(asyncio.create_task(batcher.place(number)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
    assert await asyncio.wait_for(asyncio.gather(*calls), 5) == [0, 1, 2]
    assert placer.batches == [3, 3]


async def test_who_does_not_come_again_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: patience ends. Method: a batch of three, then one order alone, whose own window would not end within the test."""
    monkeypatch.setattr(batcher_module, "PATIENCE", 1e9)
    monkeypatch.setattr(batcher_module, "PATIENCE_S_MAX", 0.2)
    placer = Placer()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=3)  # type: ignore[arg-type]
    await asyncio.gather(*(batcher.place(number) for number in range(3)))  # type: ignore[arg-type]
    assert await asyncio.wait_for(batcher.place(7), 5) == 7  # type: ignore[arg-type]
    assert placer.batches == [3, 1]


async def test_what_comes_meanwhile_waits_for_the_batch_under_way() -> None:
    """Goal: one batch at a time unless it is full. Method: two orders while a batch of two is under way, then its end."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=0, size_max=2)  # type: ignore[arg-type]
    first = [asyncio.create_task(batcher.place(number)) for number in range(2)]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    batcher._size_max = 100
    later = [asyncio.create_task(batcher.place(number)) for number in range(2, 4)]  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    assert placer.batches == [2]
    placer.gate.set()
    assert await asyncio.wait_for(asyncio.gather(*first, *later), 5) == [0, 1, 2, 3]
    assert placer.batches == [2, 2]


async def test_a_small_message_waits_for_nobody_and_shares_the_next_batch() -> None:
    """Goal: messages of all connections share batches. Method: a message of two from rest, whose window would not end within the
    test; two more and a single order while it is under way."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=3_600_000, size_max=100)  # type: ignore[arg-type]
    messages = [asyncio.create_task(batcher.place_all([10 * number, 10 * number + 1])) for number in range(3)]  # type: ignore[list-item]
    single = asyncio.create_task(batcher.place(99))  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    assert placer.batches == [2]
    placer.gate.set()
    results = await asyncio.wait_for(asyncio.gather(*messages), 5)
    assert [list(result) for result in results] == [[0, 1], [10, 11], [20, 21]]
    assert await single == 99
    assert placer.batches == [2, 5]


async def test_a_large_message_goes_by_itself() -> None:
    """Goal: what fills a batch is not mixed. Method: two messages of half a batch at once, and one order that waits."""
    placer = Placer()
    placer.gate.clear()
    batcher = OrderBatcher(placer, window_ms=0, size_max=4)  # type: ignore[arg-type]
    single = asyncio.create_task(batcher.place(9))  # type: ignore[arg-type]
    messages = [asyncio.create_task(batcher.place_all([number, number])) for number in range(2)]  # type: ignore[list-item]
    await asyncio.sleep(0)
    assert placer.batches == [2, 2]
    placer.gate.set()
    assert await asyncio.wait_for(asyncio.gather(single, *messages), 5) == [9, [0, 0], [1, 1]]
    assert placer.batches == [2, 2, 1]


@pytest.mark.parametrize("fault", ["raises", "loses one"])
async def test_a_batch_that_fails_is_told_to_every_message_in_it(fault: str) -> None:
    """Goal: nobody waits for ever, and no error stays unread. Method: the placer fails while three messages share its work."""
    placer = Placer()
    placer.error, placer.lose = (OSError("away"), 0) if fault == "raises" else (None, 1)
    batcher = OrderBatcher(placer, window_ms=1, size_max=100)  # type: ignore[arg-type]
    calls = asyncio.gather(*(batcher.place_all([1, 2]) for _ in range(3)), return_exceptions=True)  # type: ignore[list-item]
    assert all(isinstance(result, Exception) for result in await asyncio.wait_for(calls, 5))
