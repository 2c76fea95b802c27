"""The `Jobs` port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, select, update

from tuan.adapters.sql_record.repositories.base import Repository, in_chunks
from tuan.adapters.sql_record.tables import jobs
from tuan.ports import Job, NewJob

# Made once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_JOBS = select(*(jobs.c[each.name] for each in fields(Job)))
_DUE = (
    _JOBS.where(jobs.c.state == "open", jobs.c.run_time_ms <= bindparam("now_ms"))
    .order_by(jobs.c.run_time_ms, jobs.c.job_id)
    .limit(bindparam("count_max"))
)
_DUE_OF = _DUE.where(jobs.c.kind.in_(bindparam("kinds", expanding=True)))
_WITHOUT = jobs.c.job_id.not_in(bindparam("without", expanding=True))
_DUE_WITHOUT, _DUE_OF_WITHOUT = _DUE.where(_WITHOUT), _DUE_OF.where(_WITHOUT)
_DONE = update(jobs).where(jobs.c.job_id.in_(bindparam("job_ids", expanding=True))).values(state="done", last_error="")


class SqlJobs(Repository):
    def add(self, kind: str, key: str, run_time_ms: int, payload: Mapping[str, Any] | None = None) -> None:
        self.add_all([NewJob(kind, key, run_time_ms, payload or {})])

    def add_all(self, new: Sequence[NewJob]) -> None:
        self._insert_new_rows(jobs, [job_row(each.kind, each.key, each.run_time_ms, each.payload) for each in new])

    def due(self, now_ms: int, count_max: int, kinds: Sequence[str] = (), without: Sequence[int] = ()) -> list[Job]:
        wanted: dict[str, Any] = {"now_ms": now_ms, "count_max": count_max}
        query = _DUE_OF if kinds else _DUE
        if kinds:
            wanted["kinds"] = list(kinds)
        if without:
            query = _DUE_OF_WITHOUT if kinds else _DUE_WITHOUT
            wanted["without"] = list(without)
        return [Job(*row) for row in self._connection.execute(query, wanted)]

    def done(self, *job_ids: int) -> None:
        for chunk in in_chunks(job_ids):
            self._connection.execute(_DONE, {"job_ids": chunk})

    def finish(self, kind: str, key: str) -> None:
        self._connection.execute(
            update(jobs).where(jobs.c.kind == kind, jobs.c.key == key).values(state="done", last_error="")
        )

    def retry(self, job_id: int, run_time_ms: int, error: str) -> None:
        self._change(job_id, run_time_ms=run_time_ms, attempts=jobs.c.attempts + 1, last_error=error)

    def give_up(self, job_id: int, error: str) -> None:
        self._change(job_id, state="failed", attempts=jobs.c.attempts + 1, last_error=error)

    def failed(self, after: int, count_max: int) -> list[Job]:
        query = _JOBS.where(jobs.c.state == "failed", jobs.c.job_id > after)
        return [Job(*row) for row in self._connection.execute(query.order_by(jobs.c.job_id).limit(count_max))]

    def retry_now(self, job_id: int, now_ms: int) -> Job | None:
        """None for a job that is not there or was not given up."""
        failed = (jobs.c.job_id == job_id, jobs.c.state == "failed")
        changed = self._connection.execute(update(jobs).where(*failed).values(state="open", run_time_ms=now_ms))
        if changed.rowcount == 0:
            return None
        return self.get(job_id)

    def get(self, job_id: int) -> Job | None:
        row = self._connection.execute(_JOBS.where(jobs.c.job_id == job_id)).one_or_none()
        return None if row is None else Job(*row)

    def _change(self, job_id: int, **columns: Any) -> None:
        self._connection.execute(update(jobs).where(jobs.c.job_id == job_id).values(**columns))


def job_row(kind: str, key: str, run_time_ms: int, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": key,
        "run_time_ms": run_time_ms,
        "attempts": 0,
        "payload": dict(payload),
        "state": "open",
        "last_error": "",
    }
