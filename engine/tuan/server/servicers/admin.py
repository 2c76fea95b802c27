"""AdminService."""

from __future__ import annotations

import platform
from collections.abc import Awaitable
from typing import Any, TypeVar

import grpc

import tuan
from tuan.domain.errors import InvalidValue, Reason, Status, TuanError
from tuan.domain.fields import page_size
from tuan.ports import Job, Unit
from tuan.server.convert.admin import (
    alarm,
    api_key,
    audit_answer,
    dependency_status,
    job,
    load_status,
    plugin_status,
    shard_status,
)
from tuan.server.convert.fields import check_range, optional_id, required_id
from tuan.server.convert.instant import timestamp
from tuan.server.convert.paging import Pages, after, page
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.plugin_facts import plugin_facts
from tuan.usecases.manage_keys import ApiKeyManager
from tuan.usecases.read_status import StatusReader
from tuan_api.v1 import admin_pb2 as api
from tuan_api.v1 import admin_pb2_grpc

T = TypeVar("T")

JOB_ID_MAX = 2**63 - 1

_JOBS = Pages("jobs")
_ALARMS = Pages("alarms")
_KEYS = Pages("api_keys")


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    def __init__(self, bench: Bench) -> None:
        engine = bench.engine
        self._bench = bench
        self._engine = engine
        self._status = StatusReader(engine.inventory, engine.record, engine.stores.intent_log())
        self._plugins = plugin_facts(engine.registry)
        self._keys = ApiKeyManager(engine.record, bench.known_scopes)

    async def Audit(self, request: api.AuditRequest, context: Any) -> api.AuditResponse:
        shard = optional_id("shard", request.shard)
        if shard and await self._status.shard(shard) is None:
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no shard {shard}", activity_id=shard)
        report = await self._bench.shielded(self._engine.audit())
        return audit_answer(report, shard, self._engine.clock.now_ms())

    async def RebuildShard(self, request: api.RebuildShardRequest, context: Any) -> api.RebuildShardResponse:
        shard = required_id("shard", request.shard)
        required_id("request_id", request.request_id)
        return await self._bench.shielded(self._rebuild(current_call.get().caller, request.request_id, shard))

    async def GetStatus(self, request: api.GetStatusRequest, context: Any) -> api.GetStatusResponse:
        supervisor, now_ms = self._engine.supervisor, self._engine.clock.now_ms()
        return api.GetStatusResponse(
            engine_version=tuan.__version__,
            versions=await self._versions(),
            start_time=timestamp(self._engine.start_time_ms),
            server_time=timestamp(now_ms),
            shards=[shard_status(shard) for shard in await _unless_away(self._status.shards(), [])],
            plugins=[
                plugin_status(plugin, kind, version, supervisor.standing(plugin), supervisor.usable(plugin))
                for plugin, kind, version in self._plugins
            ],
            ack=self._engine.settings.ack,
            load=load_status(self._bench.admission),
            dependencies=[dependency_status(each, now_ms) for each in self._engine.breakers()],
        )

    async def ListJobs(self, request: api.ListJobsRequest, context: Any) -> api.ListJobsResponse:
        size = page_size(request.page_size)
        position = _JOBS.number(request.page_token)
        found = await self._engine.record.read(lambda unit: unit.jobs.failed(position, size + 1))
        jobs, token = page(found, size, _JOBS, lambda item: str(item.job_id), job)
        return api.ListJobsResponse(jobs=jobs, next_page_token=token)

    async def RetryJob(self, request: api.RetryJobRequest, context: Any) -> api.RetryJobResponse:
        required_id("request_id", request.request_id)
        check_range("job_id", request.job_id, 1, JOB_ID_MAX)
        caller = current_call.get().caller

        def retry(unit: Unit) -> Job:
            first = unit.requests.claim(caller, request.request_id, "RetryJob", str(request.job_id))
            now_ms = self._engine.clock.now_ms()
            again = unit.jobs.retry_now(request.job_id, now_ms) if first else unit.jobs.get(request.job_id)
            if again is None:
                message = f"no job {request.job_id} waits for an operator; ListJobs lists those that do"
                raise InvalidValue("job_id", message)
            return again

        again = await self._bench.shielded(self._engine.writer.write(retry))
        self._engine.jobs.wake()
        return api.RetryJobResponse(job=job(again))

    async def ListAlarms(self, request: api.ListAlarmsRequest, context: Any) -> api.ListAlarmsResponse:
        size = page_size(request.page_size)
        position = _ALARMS.number(request.page_token)
        found = await self._engine.record.read(lambda unit: unit.alarms.newest(position, size + 1))
        alarms, token = page(found, size, _ALARMS, lambda item: str(item.alarm_id), alarm)
        return api.ListAlarmsResponse(alarms=alarms, next_page_token=token)

    async def CreateApiKey(self, request: api.CreateApiKeyRequest, context: Any) -> api.CreateApiKeyResponse:
        new = await self._bench.known_to_all(
            self._keys.create(current_call.get().caller, request.request_id, request.caller, request.scopes)
        )
        await self._bench.keys.refresh()
        return api.CreateApiKeyResponse(api_key=api_key(new.key), secret=new.secret)

    async def RevokeApiKey(self, request: api.RevokeApiKeyRequest, context: Any) -> api.RevokeApiKeyResponse:
        key = await self._bench.known_to_all(
            self._keys.revoke(current_call.get().caller, request.request_id, request.key_id)
        )
        await self._bench.keys.refresh()
        return api.RevokeApiKeyResponse(api_key=api_key(key))

    async def ListApiKeys(self, request: api.ListApiKeysRequest, context: Any) -> api.ListApiKeysResponse:
        size = page_size(request.page_size)
        found = await self._keys.list()
        rest = after(found, lambda key: key.key_id, _KEYS.position(request.page_token), size)
        keys, token = page(rest, size, _KEYS, lambda key: key.key_id, api_key)
        return api.ListApiKeysResponse(api_keys=keys, next_page_token=token)

    async def _rebuild(self, caller: str, request_id: str, shard: str) -> api.RebuildShardResponse:
        def begin(unit: Unit) -> bool:
            if unit.shards.get(shard) is None:
                raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no shard {shard}", activity_id=shard)
            return unit.requests.claim(caller, request_id, "RebuildShard", shard)

        if await self._engine.writer.write(begin):
            await self._engine.rebuild(shard)
        seen = await self._status.shard(shard)
        assert seen is not None
        # Counted from the record, so that a repeat of the request answers like the first time.
        loaded = await self._engine.record.read(lambda unit: unit.shards.snapshot(shard, seen.epoch))
        return api.RebuildShardResponse(
            shard=shard_status(seen),
            counter_count=len(loaded.counters),
            reservation_count=len(loaded.reservations),
        )

    async def _versions(self) -> dict[str, str]:
        info = await self._engine.stores.redis_info()
        return {
            "python": platform.python_version(),
            "grpcio": grpc.__version__,
            "redis": str(info.get("redis_version", "")),
            "sql": await _unless_away(self._engine.record.read(_sql_version), ""),
        }


async def _unless_away(work: Awaitable[T], instead: T) -> T:
    """Who asks how the engine is must hear of a store that is away, and not of nothing else."""
    try:
        return await work
    except TuanError as error:
        if error.reason.status is not Status.UNAVAILABLE:
            raise
        return instead


def _sql_version(unit: Unit) -> str:
    """ "sqlite 3.46.1", "postgresql 17.2": what the open connection says."""
    dialect = unit.connection.dialect
    return f"{dialect.name} {'.'.join(str(part) for part in dialect.server_version_info or ())}"
