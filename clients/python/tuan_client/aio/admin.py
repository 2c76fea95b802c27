# Generated from the .proto files by `make protos`. Change those, not this.
"""`AdminService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import admin_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.admin import (
    Alarm,
    ApiKey,
    AuditResponse,
    CreateApiKeyResponse,
    GetStatusResponse,
    Job,
    RebuildShardResponse,
)

_AUDIT = Rpc("/tuan_api.v1.AdminService/Audit", admin_pb2.AuditRequest, admin_pb2.AuditResponse, repeatable=True)
_REBUILD_SHARD = Rpc(
    "/tuan_api.v1.AdminService/RebuildShard",
    admin_pb2.RebuildShardRequest,
    admin_pb2.RebuildShardResponse,
    repeatable=True,
)
_GET_STATUS = Rpc(
    "/tuan_api.v1.AdminService/GetStatus", admin_pb2.GetStatusRequest, admin_pb2.GetStatusResponse, repeatable=True
)
_LIST_JOBS = Rpc(
    "/tuan_api.v1.AdminService/ListJobs", admin_pb2.ListJobsRequest, admin_pb2.ListJobsResponse, repeatable=True
)
_RETRY_JOB = Rpc(
    "/tuan_api.v1.AdminService/RetryJob", admin_pb2.RetryJobRequest, admin_pb2.RetryJobResponse, repeatable=True
)
_LIST_ALARMS = Rpc(
    "/tuan_api.v1.AdminService/ListAlarms", admin_pb2.ListAlarmsRequest, admin_pb2.ListAlarmsResponse, repeatable=True
)
_CREATE_API_KEY = Rpc(
    "/tuan_api.v1.AdminService/CreateApiKey",
    admin_pb2.CreateApiKeyRequest,
    admin_pb2.CreateApiKeyResponse,
    repeatable=True,
)
_REVOKE_API_KEY = Rpc(
    "/tuan_api.v1.AdminService/RevokeApiKey",
    admin_pb2.RevokeApiKeyRequest,
    admin_pb2.RevokeApiKeyResponse,
    repeatable=True,
)
_LIST_API_KEYS = Rpc(
    "/tuan_api.v1.AdminService/ListApiKeys",
    admin_pb2.ListApiKeysRequest,
    admin_pb2.ListApiKeysResponse,
    repeatable=True,
)


class AsyncAdminService:
    """For operators."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def audit(self, shard: str = "", *, timeout_s: float | None = None) -> AuditResponse:
        """Compares the claims store with the record, counter by counter, and checks the ledger. Changes nothing."""
        request = admin_pb2.AuditRequest(shard=shard)
        response = await self._link.unary(_AUDIT, request, timeout_s)
        return AuditResponse.from_message(response)

    async def rebuild_shard(
        self, shard: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> RebuildShardResponse:
        """Builds the counters of a shard anew from the record: closes it, raises its epoch, loads, compares and opens it."""
        request = admin_pb2.RebuildShardRequest(request_id=request_id or new_request_id(), shard=shard)
        response = await self._link.unary(_REBUILD_SHARD, request, timeout_s)
        return RebuildShardResponse.from_message(response)

    async def get_status(self, *, timeout_s: float | None = None) -> GetStatusResponse:
        """Versions, shards and plugins, and how they are."""
        request = admin_pb2.GetStatusRequest()
        response = await self._link.unary(_GET_STATUS, request, timeout_s)
        return GetStatusResponse.from_message(response)

    async def list_jobs(self, page_size: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[Job]:
        """Lists jobs that were given up and wait for an operator, oldest first."""
        request = admin_pb2.ListJobsRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_JOBS, request, timeout_s)
            for item in page.jobs:
                yield Job.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def retry_job(self, job_id: int, *, request_id: str | None = None, timeout_s: float | None = None) -> Job:
        """Has a job that was given up tried again, at once."""
        request = admin_pb2.RetryJobRequest(request_id=request_id or new_request_id(), job_id=job_id)
        response = await self._link.unary(_RETRY_JOB, request, timeout_s)
        return Job.from_message(response.job)

    async def list_alarms(self, page_size: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[Alarm]:
        """Lists alarms, newest first."""
        request = admin_pb2.ListAlarmsRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_ALARMS, request, timeout_s)
            for item in page.alarms:
                yield Alarm.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def create_api_key(
        self, caller: str, scopes: Sequence[str], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CreateApiKeyResponse:
        """Creates an API key. Its secret is in this answer and nowhere else."""
        request = admin_pb2.CreateApiKeyRequest(request_id=request_id or new_request_id(), caller=caller, scopes=scopes)
        response = await self._link.unary(_CREATE_API_KEY, request, timeout_s)
        return CreateApiKeyResponse.from_message(response)

    async def revoke_api_key(
        self, key_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> ApiKey:
        """Revokes an API key; calls with it are refused within a second."""
        request = admin_pb2.RevokeApiKeyRequest(request_id=request_id or new_request_id(), key_id=key_id)
        response = await self._link.unary(_REVOKE_API_KEY, request, timeout_s)
        return ApiKey.from_message(response.api_key)

    async def list_api_keys(self, page_size: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[ApiKey]:
        """Lists API keys, without their secrets, by id."""
        request = admin_pb2.ListApiKeysRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_API_KEYS, request, timeout_s)
            for item in page.api_keys:
                yield ApiKey.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
