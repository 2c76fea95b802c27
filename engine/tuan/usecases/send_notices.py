"""Hands a notice to every notifier; each is asked again until it has taken it, and none waits for another."""

from __future__ import annotations

from tuan.plugin import Notice, Notifier
from tuan.ports import Job, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor

NOTIFY_BY = "notify_by"


class NoticeSender:
    """Handlers of `notify` (fan out, once) and `notify_by` (one notifier, retried)."""

    def __init__(self, record: Record, registry: Registry, supervisor: Supervisor) -> None:
        self._record = record
        self._notifiers: dict[str, Notifier] = dict(registry.notifiers)
        self._supervisor = supervisor

    async def fan_out(self, job: Job) -> None:
        def store(unit: Unit) -> None:
            for code in self._notifiers:
                unit.jobs.add(
                    NOTIFY_BY, f"{job.key}@{code}", job.run_time_ms, {"notifier": code, "notice": job.payload}
                )

        await self._record.write(store)

    async def send(self, job: Job) -> None:
        notifier = self._notifiers.get(str(job.payload["notifier"]))
        if notifier is not None:  # uninstalled meanwhile: nobody is left to tell
            await self._supervisor.call(notifier, notifier.notify, Notice(**job.payload["notice"]))
