"""Contains plugins: a deadline for every call, a fault count, and a quarantine after repeated faults.

Plugin code runs in worker threads, because a thread that hangs can be abandoned while the event loop goes on. A hot batch runs
many plugins in one hop (a hop costs about 60 µs): the worker marks whose turn it is, so that a hang is charged to the right one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import structlog

from tuan.breaker import Breaker
from tuan.domain.errors import Reason, Status, TuanError
from tuan.plugin import Plugin
from tuan.ports import Clock
from tuan.workers import Workers

log = structlog.get_logger()
T = TypeVar("T")

WORKERS_MAX = 8


@dataclass(slots=True)
class Standing:
    """A plugin's record: `faults` in a row and in all, and until when it is in quarantine (0: it is not)."""

    faults: int = 0
    faults_total: int = 0
    quarantine_until_ms: int = 0
    last_fault: str = ""


class Turn:
    """Whose turn it is inside one piece of work; read by the supervisor when the work overstays."""

    __slots__ = ("plugin",)

    def __init__(self) -> None:
        self.plugin: Plugin | None = None


class PluginFault(TuanError):
    """A plugin raised, hung or is in quarantine. `plugin` is the one to blame; None when the engine's own code overstayed."""

    def __init__(self, plugin: Plugin | None, what: str, retry_after_ms: int = 1_000) -> None:
        name = plugin.code if plugin else "engine"
        super().__init__(
            Reason.PLUGIN_UNAVAILABLE, f"plugin {name}: {what}", retry_after_ms=retry_after_ms, plugin=name
        )
        self.plugin = plugin


class Nonsense(Exception):
    """A plugin's answer is not of the kind that was asked for."""


class Supervisor:
    """Runs plugin code and keeps each plugin's standing.

    After `faults_max` faults in a row a plugin is not called for `quarantine_ms`; then one call tries it again.

    A plugin that answers UNAVAILABLE behaves well: it reports that whatever is behind it (the channel of a gateway) is away.
    So each of its methods that does has a breaker of its own, made by `breaker` from its name, and the others go on.
    """

    def __init__(
        self,
        clock: Clock,
        faults_max: int = 5,
        quarantine_ms: int = 30_000,
        breaker: Callable[[str], Breaker] = lambda name: Breaker(name, channel_away),
    ) -> None:
        self._clock = clock
        self._faults_max = faults_max
        self._quarantine_ms = quarantine_ms
        self._standings: dict[int, tuple[Plugin, Standing]] = {}
        self._workers = Workers(WORKERS_MAX)
        self._make_breaker = breaker
        self._channels: dict[str, Breaker] = {}

    def standing(self, plugin: Plugin) -> Standing:
        known = self._standings.get(id(plugin))
        if known is None:
            known = self._standings.setdefault(id(plugin), (plugin, Standing()))
        return known[1]

    def usable(self, plugin: Plugin) -> bool:
        """False while in quarantine. The first call after it is over is the one more chance: one fault sends it back."""
        until = self.standing(plugin).quarantine_until_ms
        return until == 0 or self._clock.now_ms() >= until

    def fault(self, plugin: Plugin, what: str) -> None:
        """Charge a fault; after `faults_max` in a row the plugin goes into quarantine."""
        standing = self.standing(plugin)
        standing.faults += 1
        standing.faults_total += 1
        standing.last_fault = what
        if standing.faults >= self._faults_max:
            standing.quarantine_until_ms = self._clock.now_ms() + self._quarantine_ms
            log.error("plugin_quarantined", plugin=plugin.code, faults=standing.faults, what=what)
        else:
            log.warning("plugin_fault", plugin=plugin.code, faults=standing.faults, what=what)

    def well_behaved(self, plugin: Plugin) -> None:
        """A call ended well: the faults in a row are over."""
        standing = self.standing(plugin)
        if standing.faults:
            standing.faults = 0
            standing.quarantine_until_ms = 0

    async def call(
        self, plugin: Plugin, function: Callable[..., T], *args: object, accept: Callable[[T], bool] | None = None
    ) -> T:
        """One call of one plugin under its own deadline. TuanErrors pass (they are answers); anything else is a PluginFault,
        and so is an answer that `accept` (run in the worker, too) does not take.
        """
        if not self.usable(plugin):
            left_ms = self.standing(plugin).quarantine_until_ms - self._clock.now_ms()
            raise PluginFault(plugin, "is in quarantine after repeated faults", max(1, left_ms))
        channel = f"{plugin.code}.{getattr(function, '__name__', 'call')}"
        breaker = self._channels.get(channel)
        if breaker is not None:
            return await breaker.run(lambda: self._call(plugin, function, args, accept), _is_away)
        try:
            return await self._call(plugin, function, args, accept)
        except TuanError as error:
            if _is_away(error) and not isinstance(error, PluginFault):
                breaker = self._channels.setdefault(channel, self._make_breaker(channel))
                breaker.failed(breaker.enter(), error.message)
            raise

    async def _call(
        self, plugin: Plugin, function: Callable[..., T], args: tuple[object, ...], accept: Callable[[T], bool] | None
    ) -> T:
        def work(turn: Turn) -> T:
            turn.plugin = plugin
            try:
                answer = function(*args)
                if accept is not None and not accept(answer):
                    raise Nonsense(f"answered {answer!r:.100}")
                return answer
            finally:
                turn.plugin = None

        try:
            result = await self.run(work, plugin.deadline_ms)
        except TuanError:
            raise
        except Nonsense as error:
            self.fault(plugin, str(error))
            raise PluginFault(plugin, "answered nonsense") from error
        except Exception as error:
            self.fault(plugin, f"raised {error!r}")
            raise PluginFault(plugin, "raised an exception") from error
        self.well_behaved(plugin)
        return result

    async def run(self, work: Callable[[Turn], T], deadline_ms: int) -> T:
        """Run `work` in a worker. When it overstays, the plugin whose turn it was is charged and a PluginFault raised.

        Nobody is charged when no worker was free in time: the plugins that hold them all have been, or soon will be.
        A caller that is cancelled meanwhile changes nothing: the deadline still holds.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        turn = Turn()

        def settle(result: T | None, failure: Exception | None) -> None:
            timer.cancel()
            if answer.done():
                return
            if failure is not None:
                answer.set_exception(failure)
            else:
                answer.set_result(cast(T, result))

        def report(result: T | None, failure: Exception | None) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, failure)

        def overdue() -> None:
            culprit = turn.plugin
            if answer.done() or not self._workers.abandon(job):
                return
            if culprit is not None:
                self.fault(culprit, f"no answer within {deadline_ms} ms")
            answer.set_exception(PluginFault(culprit, f"no answer within {deadline_ms} ms"))

        timer = loop.call_later(deadline_ms / 1_000, overdue)
        job = self._workers.start(lambda: work(turn), report)
        return await asyncio.shield(answer)

    def channels(self) -> list[Breaker]:
        """Of methods that have reported what is behind them as away, by name."""
        return [breaker for _, breaker in sorted(self._channels.items())]

    def close(self) -> None:
        """Idle workers end; one that hangs in a C call is a daemon thread and holds up nobody's exit."""
        self._workers.close()


def channel_away(name: str, retry_after_ms: int) -> TuanError:
    """`name`: `plugin.method`."""
    plugin = name.partition(".")[0]
    message = f"plugin {plugin}: what is behind {name} has failed again and again; nothing was done"
    return TuanError(Reason.PLUGIN_UNAVAILABLE, message, retry_after_ms=retry_after_ms, plugin=plugin)


def _is_away(error: Exception) -> bool:
    return isinstance(error, TuanError) and error.reason.status is Status.UNAVAILABLE
