"""The `Jobs` port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, select, update

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import jobs
from tuan.ports import Job


class SqlJobs(Repository):
    def add(self, kind: str, key: str, run_time_ms: int, payload: Mapping[str, Any] | None = None) -> None:
        self._insert_new(jobs, job_row(kind, key, run_time_ms, payload or {}))

    def due(self, now_ms: int, count_max: int, kinds: Sequence[str] = (), without: Sequence[int] = ()) -> list[Job]:
        query = _job_columns().where(jobs.c.state == "open", jobs.c.run_time_ms <= now_ms)
        if kinds:
            query = query.where(jobs.c.kind.in_(kinds))
        if without:
            query = query.where(jobs.c.job_id.not_in(without))
        rows = self._connection.execute(query.order_by(jobs.c.run_time_ms, jobs.c.job_id).limit(count_max)).mappings()
        return [Job(**row) for row in rows]

    def done(self, job_id: int) -> None:
        self._change(job_id, state="done", last_error="")

    def finish(self, kind: str, key: str) -> None:
        self._connection.execute(
            update(jobs).where(jobs.c.kind == kind, jobs.c.key == key).values(state="done", last_error="")
        )

    def retry(self, job_id: int, run_time_ms: int, error: str) -> None:
        self._change(job_id, run_time_ms=run_time_ms, attempts=jobs.c.attempts + 1, last_error=error)

    def give_up(self, job_id: int, error: str) -> None:
        self._change(job_id, state="failed", attempts=jobs.c.attempts + 1, last_error=error)

    def failed(self, after: int, count_max: int) -> list[Job]:
        query = _job_columns().where(jobs.c.state == "failed", jobs.c.job_id > after)
        rows = self._connection.execute(query.order_by(jobs.c.job_id).limit(count_max)).mappings()
        return [Job(**row) for row in rows]

    def retry_now(self, job_id: int, now_ms: int) -> Job | None:
        """None for a job that is not there or was not given up."""
        failed = (jobs.c.job_id == job_id, jobs.c.state == "failed")
        changed = self._connection.execute(update(jobs).where(*failed).values(state="open", run_time_ms=now_ms))
        if changed.rowcount == 0:
            return None
        return self.get(job_id)

    def get(self, job_id: int) -> Job | None:
        row = self._connection.execute(_job_columns().where(jobs.c.job_id == job_id)).mappings().one_or_none()
        return None if row is None else Job(**row)

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


def _job_columns() -> Select[Any]:
    return select(*(jobs.c[each.name] for each in fields(Job)))
