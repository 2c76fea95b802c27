# Generated from the .proto files by `make protos`. Change those, not this.
"""`AdminService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.admin import AsyncAdminService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.admin import (
    Alarm,
    ApiKey,
    AuditResponse,
    CreateApiKeyResponse,
    GetStatusResponse,
    Job,
    RebuildShardResponse,
)


class AdminService:
    """For operators."""

    def __init__(self, service: AsyncAdminService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def audit(self, shard: str = "", *, timeout_s: float | None = None) -> AuditResponse:
        """Compares the claims store with the record, counter by counter, and checks the ledger. Changes nothing."""
        return self._loop.run(self._service.audit(shard, timeout_s=timeout_s))

    def rebuild_shard(
        self, shard: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> RebuildShardResponse:
        """Builds the counters of a shard anew from the record: closes it, raises its epoch, loads, compares and opens it."""
        return self._loop.run(self._service.rebuild_shard(shard, request_id=request_id, timeout_s=timeout_s))

    def get_status(self, *, timeout_s: float | None = None) -> GetStatusResponse:
        """Versions, shards and plugins, and how they are."""
        return self._loop.run(self._service.get_status(timeout_s=timeout_s))

    def list_jobs(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[Job]:
        """Lists jobs that were given up and wait for an operator, oldest first."""
        return self._loop.iterate(self._service.list_jobs(page_size, timeout_s=timeout_s))

    def retry_job(self, job_id: int, *, request_id: str | None = None, timeout_s: float | None = None) -> Job:
        """Has a job that was given up tried again, at once."""
        return self._loop.run(self._service.retry_job(job_id, request_id=request_id, timeout_s=timeout_s))

    def list_alarms(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[Alarm]:
        """Lists alarms, newest first."""
        return self._loop.iterate(self._service.list_alarms(page_size, timeout_s=timeout_s))

    def create_api_key(
        self, caller: str, scopes: Sequence[str], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CreateApiKeyResponse:
        """Creates an API key. Its secret is in this answer and nowhere else."""
        return self._loop.run(self._service.create_api_key(caller, scopes, request_id=request_id, timeout_s=timeout_s))

    def revoke_api_key(self, key_id: str, *, request_id: str | None = None, timeout_s: float | None = None) -> ApiKey:
        """Revokes an API key; calls with it are refused within a second."""
        return self._loop.run(self._service.revoke_api_key(key_id, request_id=request_id, timeout_s=timeout_s))

    def list_api_keys(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[ApiKey]:
        """Lists API keys, without their secrets, by id."""
        return self._loop.iterate(self._service.list_api_keys(page_size, timeout_s=timeout_s))
