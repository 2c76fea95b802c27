"""Plugins of strangers that lie: it is a fault like an exception, it is charged, and it brings quarantine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tuan.plugin import ALLOW, Attempt, RiskChecker
from tuan.registry import Registry
from tuan.server.tasks import end_tasks
from tuan.supervisor import PluginFault, Supervisor
from tuan.testing import ManualClock
from tuan.usecases.judge_risk import RiskJudge

ATTEMPT = Attempt("o1", "shop", "b1", "d1", "", "CNY", "", "", 1, ())
FAULTS_MAX = 3


@pytest.fixture
def supervisor():
    made = Supervisor(ManualClock(), faults_max=FAULTS_MAX)
    yield made
    made.close()


class Liar(RiskChecker):
    code = "liar"
    answer: Any = None

    def assess(self, attempts: Any) -> Any:
        return self.answer


@pytest.mark.parametrize("answer", [None, "ok", 7, [], [ALLOW, ALLOW], [True], {"o1": ALLOW}], ids=repr)
async def test_a_lying_risk_checker_is_quarantined(supervisor: Supervisor, answer: Any) -> None:
    """Goal: nonsense refuses the order as the policy says, never the engine; and after so many lies in a row nobody asks any more.
    Method: a checker that fails closed and answers nonsense, asked until it is in quarantine."""
    liar = Liar()
    liar.answer = answer
    judge = RiskJudge(Registry([liar]), supervisor)
    for _ in range(FAULTS_MAX):
        assert supervisor.usable(liar)
        [verdict] = await judge.judge([ATTEMPT])
        assert isinstance(verdict, PluginFault)
    assert not supervisor.usable(liar)


async def test_an_answer_of_another_kind_is_a_fault(supervisor: Supervisor) -> None:
    """Goal: what a plugin answers is checked before it is used. Method: an answer that is refused, then one that is accepted."""
    plugin = Liar()
    with pytest.raises(PluginFault, match="nonsense"):
        await supervisor.call(plugin, lambda: None, accept=lambda answer: answer is not None)
    assert supervisor.standing(plugin).faults == 1
    assert await supervisor.call(plugin, lambda: 7, accept=lambda answer: answer == 7) == 7
    assert supervisor.standing(plugin).faults == 0


async def _obeys() -> None:
    await asyncio.Event().wait()


async def _deaf_once() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


@pytest.mark.parametrize("work", [_obeys, _deaf_once])
async def test_background_work_ends_with_the_engine(work: Callable[[], Any]) -> None:
    """Goal: the engine stops. `asyncio.wait_for` of Python 3.11 swallows a cancellation that comes together with its event, and a
    plugin may swallow it by itself. Method: work that hears the first or only the second cancellation."""
    tasks = [asyncio.create_task(work()), asyncio.create_task(_obeys())]
    await asyncio.sleep(0)
    assert await end_tasks(tasks, again_s=0.01) == []


async def test_work_that_never_ends_does_not_hold_up_the_engine() -> None:
    """Goal: one deaf plugin cannot keep an engine from stopping. Method: work that hears no cancellation at all."""
    hears = False

    async def deaf() -> None:
        while not hears:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(deaf(), name="deaf")
    await asyncio.sleep(0)
    assert await end_tasks([task], again_s=0.01, tries_max=3) == ["deaf"]
    hears = True
    task.cancel()
    await task
