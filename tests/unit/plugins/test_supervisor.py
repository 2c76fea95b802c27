"""Containment: plugins that raise, hang, lie or come to their senses, and an engine that goes on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from tests.repo.tree import ROOT
from tuan.breaker import Breaker
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import RiskChecker
from tuan.supervisor import WORKERS_MAX, PluginFault, Supervisor, Turn, channel_away
from tuan.testing import ManualClock

QUARANTINE_MS = 30_000


class Tested(RiskChecker):
    code = "tested"
    deadline_ms = 60


class Innocent(RiskChecker):
    code = "innocent"
    deadline_ms = 5_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def supervisor(clock: ManualClock):
    made = Supervisor(clock, faults_max=3, quarantine_ms=QUARANTINE_MS)
    yield made
    made.close()


def spin() -> None:
    while True:
        pass


def alive(thread: threading.Thread, seconds: float = 5) -> bool:
    thread.join(seconds)
    return thread.is_alive()


async def test_an_answer_comes_back(supervisor: Supervisor) -> None:
    """Goal: the ordinary case. Method: a function with arguments, run for a plugin."""
    assert await supervisor.call(Tested(), divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize("error", [ValueError("oh"), KeyError(1), StopIteration(), SystemExit(2), KeyboardInterrupt()])
async def test_what_it_raises_is_contained(supervisor: Supervisor, error: BaseException) -> None:
    """Goal: nothing that a plugin raises gets out as it is. Method: errors, and exceptions that would end a process."""
    plugin = Tested()

    def fail() -> None:
        raise error

    with pytest.raises(PluginFault, match="plugin tested: raised an exception") as caught:
        await supervisor.call(plugin, fail)
    assert caught.value.reason is Reason.PLUGIN_UNAVAILABLE
    assert caught.value.retry_after_ms == 1_000
    assert supervisor.standing(plugin).faults == 1


async def test_a_tuan_error_is_an_answer(supervisor: Supervisor) -> None:
    """Goal: a refusal is not a fault. Method: a plugin that raises TuanError, ten times."""
    plugin = Tested()

    def refuse() -> None:
        raise TuanError(Reason.PAYMENT_SIGNATURE_INVALID, "no")

    for _ in range(10):
        with pytest.raises(TuanError, match="no") as caught:
            await supervisor.call(plugin, refuse)
        assert caught.value.reason is Reason.PAYMENT_SIGNATURE_INVALID
    assert supervisor.usable(plugin)


async def test_a_loop_in_python_is_ended(supervisor: Supervisor) -> None:
    """Goal: an endless loop costs its deadline and no more. Method: spin; the thread must be gone afterwards."""
    plugin = Tested()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        spin()

    with pytest.raises(PluginFault, match="no answer within 60 ms"):
        await supervisor.call(plugin, hang)
    assert supervisor.standing(plugin).faults == 1
    assert not await asyncio.to_thread(alive, threads[0])


async def test_a_handler_that_swallows_everything_is_ended_too(supervisor: Supervisor) -> None:
    """Goal: `except Exception` in a loop does not keep a thread. Method: such a loop."""
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        while True:
            try:
                time.sleep(0.001)
            except Exception:
                continue

    with pytest.raises(PluginFault):
        await supervisor.call(Tested(), hang)
    assert not await asyncio.to_thread(alive, threads[0])


async def test_a_blocked_call_holds_up_nobody(supervisor: Supervisor) -> None:
    """Goal: a hang in C is abandoned. Method: as many blocked calls as there are workers; another plugin still answers."""
    gate = threading.Event()
    threads: list[threading.Thread] = []

    def blocked() -> None:
        threads.append(threading.current_thread())
        gate.wait()

    class Patient(Tested):
        pass

    plugins = [Patient() for _ in range(WORKERS_MAX + 2)]
    answers = await asyncio.gather(*(supervisor.call(plugin, blocked) for plugin in plugins), return_exceptions=True)
    assert all(isinstance(answer, PluginFault) for answer in answers)
    assert await supervisor.call(Innocent(), lambda: "here") == "here"
    gate.set()
    assert not any([await asyncio.to_thread(alive, thread) for thread in threads])


async def test_nobody_is_charged_for_a_full_house(supervisor: Supervisor) -> None:
    """Goal: who could not even begin is not to blame. Method: every worker blocked by others with a longer deadline."""
    gate = threading.Event()
    busy = [asyncio.ensure_future(supervisor.call(Innocent(), gate.wait)) for _ in range(WORKERS_MAX)]
    await asyncio.sleep(0)
    plugin = Tested()
    with pytest.raises(PluginFault) as caught:
        await supervisor.call(plugin, lambda: "never begun")
    assert caught.value.plugin is None
    assert supervisor.standing(plugin).faults == 0
    gate.set()
    assert all(await asyncio.gather(*busy))
    assert await supervisor.call(plugin, lambda: "begun") == "begun"


async def test_a_cancelled_caller_does_not_free_a_hung_plugin(supervisor: Supervisor) -> None:
    """Goal: clients with short deadlines cannot hide a hang. Method: cancel the caller first; the fault is charged all the same."""
    plugin = Tested()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        loop.call_soon_threadsafe(begun.set)
        spin()

    call = asyncio.ensure_future(supervisor.call(plugin, hang))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not await asyncio.to_thread(alive, threads[0])
    assert supervisor.standing(plugin).faults == 1


async def test_quarantine_and_recovery(supervisor: Supervisor, clock: ManualClock) -> None:
    """Goal: repeated faults stop the calls, time gives one more chance. Method: faults, a refusal without a call, the clock."""
    plugin = Tested()
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise ValueError

    for _ in range(3):
        with pytest.raises(PluginFault):
            await supervisor.call(plugin, fail)
    with pytest.raises(PluginFault, match="quarantine"):
        await supervisor.call(plugin, fail)
    assert len(calls) == 3

    clock.advance(QUARANTINE_MS)
    with pytest.raises(PluginFault, match="raised"):
        await supervisor.call(plugin, fail)
    assert not supervisor.usable(plugin), "one fault sends it back"

    clock.advance(QUARANTINE_MS)
    assert await supervisor.call(plugin, lambda: "well") == "well"
    assert supervisor.standing(plugin).faults == 0
    assert supervisor.standing(plugin).quarantine_until_ms == 0


async def test_what_is_behind_a_method_is_left_alone(clock: ManualClock) -> None:
    """Goal: a gateway whose channel is away is asked rarely, told of at once, and not for its other methods; it comes back by itself.

    Method: a method that answers UNAVAILABLE three times, a clock that the test moves; then it answers again.
    """
    made = Supervisor(
        clock, breaker=lambda name: Breaker(name, channel_away, failures_max=3, now_s=lambda: clock.now_ms() / 1_000)
    )
    plugin, calls = Tested(), []

    def refund() -> str:
        calls.append(1)
        if len(calls) <= 4:
            raise TuanError(Reason.PLUGIN_UNAVAILABLE, "the channel cannot be reached", retry_after_ms=1_000)
        return "sent"

    def query() -> str:
        return "paid"

    for _ in range(3):
        with pytest.raises(TuanError, match="cannot be reached"):
            await made.call(plugin, refund)
    with pytest.raises(TuanError, match=r"behind tested.refund") as refused:
        await made.call(plugin, refund)
    assert (refused.value.reason, refused.value.metadata) == (Reason.PLUGIN_UNAVAILABLE, {"plugin": "tested"})
    assert refused.value.retry_after_ms
    assert len(calls) == 3
    assert await made.call(plugin, query) == "paid"
    assert [(each.name, each.state.value) for each in made.channels()] == [("tested.refund", "open")]
    assert made.standing(plugin).faults == 0, "the plugin itself behaves well"
    clock.advance(150)
    with pytest.raises(TuanError, match="cannot be reached"):
        await made.call(plugin, refund)
    clock.advance(500)
    assert await made.call(plugin, refund) == "sent"
    assert made.channels()[0].closed
    made.close()


async def test_faults_must_be_in_a_row(supervisor: Supervisor) -> None:
    """Goal: a rare fault is not held against a plugin for ever. Method: two faults, a success, two faults."""
    plugin = Tested()

    def fail() -> None:
        raise ValueError

    for function in (fail, fail, int, fail, fail):
        if function is int:
            await supervisor.call(plugin, int)
        else:
            with pytest.raises(PluginFault):
                await supervisor.call(plugin, function)
    assert supervisor.usable(plugin)


async def test_a_hang_in_a_batch_is_charged_to_the_one_whose_turn_it_was(supervisor: Supervisor) -> None:
    """Goal: in a shared batch the innocent stay innocent. Method: two plugins' turns in one piece of work, the second hangs."""
    innocent, guilty = Innocent(), Tested()

    def work(turn: Turn) -> None:
        for plugin in (innocent, guilty):
            turn.plugin = plugin
            if plugin is guilty:
                spin()

    with pytest.raises(PluginFault) as caught:
        await supervisor.run(work, 60)
    assert caught.value.plugin is guilty
    assert supervisor.standing(innocent).faults == 0
    assert supervisor.standing(guilty).faults == 1


def test_a_hung_plugin_does_not_hold_up_the_exit() -> None:
    """Goal: the engine ends when it is told to. Method: a process whose plugin sleeps for an hour must exit at once."""
    source = """
import asyncio, time
from tuan.plugin import RiskChecker
from tuan.supervisor import PluginFault, Supervisor
from tuan.testing import ManualClock

QUARANTINE_MS = 30_000

class Sleeper(RiskChecker):
    code, deadline_ms = "sleeper", 50
async def main():
    supervisor = Supervisor(ManualClock())
    try:
        await supervisor.call(Sleeper(), time.sleep, 3600)
    except PluginFault:
        supervisor.close()
        print("contained")
asyncio.run(main())
"""
    environment = {"PYTHONPATH": f"{ROOT}/engine:{ROOT}/rules"}
    ended = subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip().endswith("contained")
    assert "Traceback" not in ended.stderr
