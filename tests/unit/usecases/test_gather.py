"""Calls that come together are worked off together, and none answers for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tuan.domain.errors import Reason, TuanError
from tuan.usecases.gather import Gatherer


class Desk:
    """Answers with the item in capitals, when `open` allows; "bad" items break whatever batch they are in."""

    def __init__(self, size_max: int = 100, error: BaseException | None = None) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.error: BaseException = error or ValueError("broken")
        self.ask = Gatherer(self._work, size_max)

    async def _work(self, items: Sequence[str]) -> list[str | Exception]:
        self.batches.append(list(items))
        await self.open.wait()
        if "bad" in items:
            raise self.error
        return [KeyError(item) if item == "unknown" else item.upper() for item in items]


async def test_what_comes_while_a_batch_is_under_way_is_the_next_one() -> None:
    """Goal: batches as large as the desk is busy, none above the limit. Method: one call, then seven while it is worked on."""
    desk = Desk(size_max=5)
    desk.open.clear()
    first = asyncio.create_task(desk.ask("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(desk.ask(letter)) for letter in "bcdefgh"]
    await asyncio.sleep(0)
    assert desk.batches == [["a"]]
    desk.open.set()
    assert await asyncio.gather(first, *others) == list("ABCDEFGH")
    assert desk.batches == [["a"], list("bcdef"), list("gh")]
    assert await desk.ask("i") == "I"  # and it begins again


async def test_an_error_among_the_answers_is_its_own_callers() -> None:
    """Goal: a refusal is one caller's. Method: one of three is answered with an error, in one batch."""
    desk = Desk()
    answers = await asyncio.gather(*(desk.ask(item) for item in ("a", "unknown", "b")), return_exceptions=True)
    assert (answers[0], answers[2], type(answers[1])) == ("A", "B", KeyError)
    assert len(desk.batches) == 1


async def test_one_bad_item_fails_nobody_else() -> None:
    """Goal: what breaks a batch is found, and the others are answered. Method: one bad among three."""
    desk = Desk()
    answers = await asyncio.gather(*(desk.ask(item) for item in ("a", "bad", "b")), return_exceptions=True)
    assert (answers[0], answers[2]) == ("A", "B")
    assert answers[1] is desk.error
    assert desk.batches == [["a", "bad", "b"], ["a"], ["bad"], ["b"]]


async def test_a_store_that_is_away_is_asked_once() -> None:
    """Goal: 64 callers do not become 64 more attempts at a dead store. Method: a batch that fails with STORE_UNAVAILABLE."""
    desk = Desk(error=TuanError(Reason.STORE_UNAVAILABLE, "away"))
    answers = await asyncio.gather(*(desk.ask(item) for item in ("a", "bad", "b")), return_exceptions=True)
    assert answers == [desk.error] * 3
    assert len(desk.batches) == 1


async def test_a_caller_that_hangs_up_takes_nobody_with_him() -> None:
    """Goal: the transaction runs on. Method: cancel one of two whose batch is under way."""
    desk = Desk()
    desk.open.clear()
    leaves, stays = asyncio.create_task(desk.ask("a")), asyncio.create_task(desk.ask("b"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert desk.batches == [["a", "b"]]
    leaves.cancel()
    desk.open.set()
    assert await stays == "B"
    with pytest.raises(asyncio.CancelledError):
        await leaves


async def test_nobody_waits_for_ever_for_a_process_that_ends() -> None:
    """Goal: what no `except Exception` sees reaches the callers, too. Method: a batch that ends by a BaseException."""

    class Ended(BaseException):
        pass

    desk = Desk(error=Ended())
    with pytest.raises(Ended):
        await asyncio.wait_for(desk.ask("bad"), 5)
    assert await desk.ask("a") == "A"
