"""What operators see: shards, plugins, jobs, alarms, keys, audits."""

from __future__ import annotations

from tuan.breaker import Breaker
from tuan.plugin import Plugin
from tuan.ports import Alarm, ApiKey, Job
from tuan.server.convert.instant import optional_timestamp, timestamp
from tuan.server.interceptors.errors import delay_of
from tuan.server.overload.admission import Admission
from tuan.supervisor import Standing
from tuan.usecases.audit import AuditReport, Difference, Figure
from tuan.usecases.read_status import SeenShard
from tuan_api.v1 import admin_pb2

DIFFERENCES_MAX = 1_000


def shard_status(shard: SeenShard) -> admin_pb2.ShardStatus:
    return admin_pb2.ShardStatus(
        shard=shard.shard,
        epoch=shard.epoch,
        sequence=shard.sequence,
        cursor=shard.cursor,
        lag=delay_of(shard.lag_ms),
        open=shard.open,
        state=shard.state,
    )


def plugin_status(plugin: Plugin, kind: str, version: str, standing: Standing, usable: bool) -> admin_pb2.PluginStatus:
    return admin_pb2.PluginStatus(
        code=plugin.code,
        kind=kind,
        version=version,
        fault_policy=plugin.fault_policy.value,
        quarantined=not usable,
        quarantine_end_time=None if usable else optional_timestamp(standing.quarantine_until_ms),
        fault_count=standing.faults_total,
        last_fault=standing.last_fault,
    )


def load_status(admission: Admission) -> admin_pb2.LoadStatus:
    return admin_pb2.LoadStatus(
        in_work=admission.in_work,
        in_work_max=int(admission.limit.limit),
        queue_delay=delay_of(round(admission.limit.queue_s * 1_000)),
        record_lag=delay_of(round(admission.lag.lag_s() * 1_000)),
        shed_count=sum(admission.shed.values()),
    )


def dependency_status(breaker: Breaker, now_ms: int) -> admin_pb2.DependencyStatus:
    return admin_pb2.DependencyStatus(
        name=breaker.name,
        state=breaker.state.value,
        retry_time=None if breaker.closed else timestamp(now_ms + breaker.retry_ms()),
        failure_count=breaker.failures_total,
        last_failure=breaker.last_failure,
    )


def job(item: Job) -> admin_pb2.Job:
    return admin_pb2.Job(
        job_id=item.job_id,
        kind=item.kind,
        key=item.key,
        attempt_count=item.attempts,
        last_error=item.last_error,
        run_time=timestamp(item.run_time_ms),
    )


def alarm(item: Alarm) -> admin_pb2.Alarm:
    return admin_pb2.Alarm(
        alarm_id=item.alarm_id,
        kind=item.kind,
        subject=item.subject,
        message=item.message,
        alarm_time=timestamp(item.time_ms),
    )


def api_key(key: ApiKey) -> admin_pb2.ApiKey:
    return admin_pb2.ApiKey(key_id=key.key_id, caller=key.caller, scopes=key.scopes, revoked=not key.active)


def audit_answer(report: AuditReport, shard: str, now_ms: int) -> admin_pb2.AuditResponse:
    """`shard` not empty: the differences of this shard's counters and reservations alone."""
    found = [item for item in report.differences if not shard or item.subject.split(" ")[0] == shard]
    busy = [name for name in report.busy if shard in ("", name)]
    total = dict.fromkeys(Figure, 0)
    for item in found:
        total[item.figure] += item.amount
    return admin_pb2.AuditResponse(
        oversold=total[Figure.OVERSOLD],
        stranded=total[Figure.STRANDED],
        lost=total[Figure.LOST],
        duplicated=total[Figure.DUPLICATED],
        unbalanced=total[Figure.UNBALANCED],
        differences=[*(_difference(item) for item in found), *(_not_compared(name) for name in busy)][:DIFFERENCES_MAX],
        audit_time=timestamp(now_ms),
    )


def _difference(item: Difference) -> admin_pb2.AuditDifference:
    shard, _, subject = item.subject.partition(" ")
    return admin_pb2.AuditDifference(
        figure=item.figure.value,
        shard=shard if subject else "",
        subject=subject or item.subject,
        expected=item.expected,
        actual=item.found,
        message=str(item),
    )


def _not_compared(shard: str) -> admin_pb2.AuditDifference:
    """Counts for nothing, but an audit that could not look is not clean either."""
    message = f"{shard} was closed, or never stood still long enough to be compared; audit again"
    return admin_pb2.AuditDifference(figure=Figure.LOST.value, shard=shard, subject=shard, message=message)
