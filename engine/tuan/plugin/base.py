"""What every plugin has: a code, the engine versions that it was written for, and a policy for its own faults."""

from __future__ import annotations

from abc import ABC
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import pluggy

from tuan.ports import Job, Mismatch, Unit

if TYPE_CHECKING:
    from tuan.plugin.host import Host, PluginTables, Servicer

#: Marks a module-level function as an implementation of one of the hooks in `docs/plugins.md`.
hookimpl = pluggy.HookimplMarker("tuan")


class FaultPolicy(StrEnum):
    """What the engine does with a call whose plugin raised, took too long, or is in quarantine."""

    FAIL_CLOSED = "fail_closed"
    """Refuse what was asked (PLUGIN_UNAVAILABLE). For whatever guards goods or money."""
    FAIL_OPEN = "fail_open"
    """Go on as if the plugin were not installed."""


@dataclass(frozen=True, slots=True)
class EngineRange:
    """Engine versions [at_least, below) that a plugin was written for, as `(major, minor)`."""

    at_least: tuple[int, int]
    below: tuple[int, int]

    def __contains__(self, version: tuple[int, int]) -> bool:
        return self.at_least <= version < self.below


class Plugin(ABC):
    """Base of every kind. Methods run in a worker thread under a deadline; they are synchronous and must not keep state per call."""

    code: ClassVar[str]
    engine: ClassVar[EngineRange] = EngineRange((0, 1), (0, 2))
    fault_policy: ClassVar[FaultPolicy] = FaultPolicy.FAIL_CLOSED
    deadline_ms: ClassVar[int] = 200

    def start(self, host: Host) -> None:  # noqa: B027 - most plugins have nothing to start
        """Called once, before the first call of any kind. `host` is what the engine lends to plugins."""

    def tables(self) -> PluginTables | None:
        """The plugin's own tables and where their Alembic migrations are; None when it has none."""
        return None

    def jobs(self) -> Mapping[str, Callable[[Job], Awaitable[None]]]:
        """Work of its own that has to be done later, and once: kinds, which begin with `<code>.`, and who does it.

        A reaction adds one by `unit.jobs.add(kind, key, run_time_ms, payload)`. It runs on the engine's event loop, in the process that
        has the duty; what it raises has it come again with back-off, so it must bear being done twice.
        """
        return {}

    def audit(self, unit: Unit) -> Sequence[Mismatch]:
        """Figures of its own tables that do not agree with the record's; `tuan audit` reports them. Reads only.

        Not asked while events that it reacts to are still on their way to it.
        """
        return ()

    def servicers(self) -> Sequence[Servicer]:
        """The plugin's own gRPC services. Their methods need a scope option like the engine's own."""
        return ()
