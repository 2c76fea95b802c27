# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `admin.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tuan_api.v1 import admin_pb2
from tuan_client.convert import (
    duration_from_message,
    time_from_message,
)


@dataclass(frozen=True, slots=True)
class AuditResponse:
    """The five figures; all are 0 when all is well."""

    audit_time: datetime
    """When it was taken."""
    oversold: int = 0
    """Units that counters gave out beyond their capacity."""
    stranded: int = 0
    """Units that no order has and nobody can buy."""
    lost: int = 0
    """Acknowledged orders that the record has not."""
    duplicated: int = 0
    """Orders or effects that are there twice."""
    unbalanced: int = 0
    """Ledger transactions or accounts that do not balance."""
    differences: tuple[AuditDifference, ...] = ()
    """One per difference; at most 1,000."""

    @classmethod
    def from_message(cls, message: admin_pb2.AuditResponse) -> AuditResponse:
        return cls(
            oversold=message.oversold,
            stranded=message.stranded,
            lost=message.lost,
            duplicated=message.duplicated,
            unbalanced=message.unbalanced,
            differences=tuple(AuditDifference.from_message(item) for item in message.differences),
            audit_time=time_from_message(message.audit_time),
        )


@dataclass(frozen=True, slots=True)
class AuditDifference:
    """One difference that an audit found."""

    figure: str
    """Which of the five: "oversold", "stranded", "lost", "duplicated", "unbalanced"."""
    subject: str
    """The counter, reservation, order or ledger account."""
    shard: str = ""
    """The shard, if it is about one."""
    expected: int = 0
    """What the record says."""
    actual: int = 0
    """What the claims store (or the ledger) says."""
    message: str = ""
    """For a person."""

    @classmethod
    def from_message(cls, message: admin_pb2.AuditDifference) -> AuditDifference:
        return cls(
            figure=message.figure,
            shard=message.shard,
            subject=message.subject,
            expected=message.expected,
            actual=message.actual,
            message=message.message,
        )


@dataclass(frozen=True, slots=True)
class RebuildShardResponse:
    """The shard that was rebuilt."""

    shard: ShardStatus
    """As it is now."""
    counter_count: int = 0
    """Counters loaded."""
    reservation_count: int = 0
    """Reservations loaded."""

    @classmethod
    def from_message(cls, message: admin_pb2.RebuildShardResponse) -> RebuildShardResponse:
        return cls(
            shard=ShardStatus.from_message(message.shard),
            counter_count=message.counter_count,
            reservation_count=message.reservation_count,
        )


@dataclass(frozen=True, slots=True)
class GetStatusResponse:
    """How the engine is."""

    engine_version: str
    """Version of the engine."""
    start_time: datetime
    """When this process started."""
    server_time: datetime
    """The server's clock."""
    load: LoadStatus
    """How much of what it can this engine process has to do."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of what it runs on: "python", "grpcio", "redis", "sql"."""
    shards: tuple[ShardStatus, ...] = ()
    """By name."""
    plugins: tuple[PluginStatus, ...] = ()
    """By code."""
    ack: str = ""
    """How durable an order is when it is acknowledged: "aof" or "sql"."""
    dependencies: tuple[DependencyStatus, ...] = ()
    """What it depends on, by name."""

    @classmethod
    def from_message(cls, message: admin_pb2.GetStatusResponse) -> GetStatusResponse:
        return cls(
            engine_version=message.engine_version,
            versions=dict(message.versions),
            start_time=time_from_message(message.start_time),
            server_time=time_from_message(message.server_time),
            shards=tuple(ShardStatus.from_message(item) for item in message.shards),
            plugins=tuple(PluginStatus.from_message(item) for item in message.plugins),
            ack=message.ack,
            load=LoadStatus.from_message(message.load),
            dependencies=tuple(DependencyStatus.from_message(item) for item in message.dependencies),
        )


@dataclass(frozen=True, slots=True)
class LoadStatus:
    """How much there is to do, and how much there may be. Of the one engine process that answers."""

    queue_delay: timedelta
    """How long those that ended lately had to wait for others."""
    record_lag: timedelta
    """Age of the oldest order that this process has acknowledged and the record has not."""
    in_work: int = 0
    """Orders and views under way now."""
    in_work_max: int = 0
    """How many may be under way; moves with what is measured."""
    shed_count: int = 0
    """Calls refused with OVERLOADED since this process started."""

    @classmethod
    def from_message(cls, message: admin_pb2.LoadStatus) -> LoadStatus:
        return cls(
            in_work=message.in_work,
            in_work_max=message.in_work_max,
            queue_delay=duration_from_message(message.queue_delay),
            record_lag=duration_from_message(message.record_lag),
            shed_count=message.shed_count,
        )


@dataclass(frozen=True, slots=True)
class DependencyStatus:
    """The circuit breaker of something that the engine depends on."""

    name: str
    """"claims", "record.read", "record.write", or a plugin's method that reported its channel as away: "sandbox.refund"."""
    state: str
    """"closed": in use. "open": it failed again and again, and calls that need it are refused at once. "half_open": one call tries it."""
    retry_time: datetime | None = None
    """When it will be tried again; unset while it is closed."""
    failure_count: int = 0
    """Failures since this process started."""
    last_failure: str = ""
    """What the last failure said."""

    @classmethod
    def from_message(cls, message: admin_pb2.DependencyStatus) -> DependencyStatus:
        return cls(
            name=message.name,
            state=message.state,
            retry_time=time_from_message(message.retry_time) if message.HasField("retry_time") else None,
            failure_count=message.failure_count,
            last_failure=message.last_failure,
        )


@dataclass(frozen=True, slots=True)
class ShardStatus:
    """How a shard is."""

    shard: str
    """An activity id, or "retail"."""
    epoch: int
    """Generation of its counters."""
    lag: timedelta
    """Age of the oldest intent that the record has not; 0 when it has all."""
    sequence: int = 0
    """Last sequence number that the claims store has given out."""
    cursor: int = 0
    """Last sequence number that the record has."""
    open: bool = False
    """False: it refuses orders (being rebuilt, or stopped by a gap)."""
    state: str = ""
    """"running", "rebuilding", "stopped" and the like."""

    @classmethod
    def from_message(cls, message: admin_pb2.ShardStatus) -> ShardStatus:
        return cls(
            shard=message.shard,
            epoch=message.epoch,
            sequence=message.sequence,
            cursor=message.cursor,
            lag=duration_from_message(message.lag),
            open=message.open,
            state=message.state,
        )


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """How a plugin is."""

    code: str
    """Its code: "flash_sale"."""
    kind: str
    """What it is: "promotion", "risk", "gateway", "notifier", "reward", "challenge"."""
    version: str
    """Version of its distribution."""
    fault_policy: str = ""
    """"fail_closed" or "fail_open"."""
    quarantined: bool = False
    """True: the engine does not call it for now, after repeated faults."""
    quarantine_end_time: datetime | None = None
    """When it will be tried again."""
    fault_count: int = 0
    """Faults since this process started."""
    last_fault: str = ""
    """What the last fault said."""

    @classmethod
    def from_message(cls, message: admin_pb2.PluginStatus) -> PluginStatus:
        return cls(
            code=message.code,
            kind=message.kind,
            version=message.version,
            fault_policy=message.fault_policy,
            quarantined=message.quarantined,
            quarantine_end_time=time_from_message(message.quarantine_end_time)
            if message.HasField("quarantine_end_time")
            else None,
            fault_count=message.fault_count,
            last_fault=message.last_fault,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """Work that has to be done once."""

    job_id: int
    """Its number."""
    kind: str
    """What it does: "refund"."""
    key: str
    """What it does it to, such as a refund id."""
    run_time: datetime
    """When it was tried last, or will be tried next."""
    attempt_count: int = 0
    """How often it was tried."""
    last_error: str = ""
    """What the last try said."""

    @classmethod
    def from_message(cls, message: admin_pb2.Job) -> Job:
        return cls(
            job_id=message.job_id,
            kind=message.kind,
            key=message.key,
            attempt_count=message.attempt_count,
            last_error=message.last_error,
            run_time=time_from_message(message.run_time),
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that an operator should look at."""

    alarm_id: int
    """Its number."""
    kind: str
    """What: "sequence_gap", "poison_intent", "plugin_quarantined"."""
    message: str
    """For a person."""
    alarm_time: datetime
    """When it was raised."""
    subject: str = ""
    """What it is about, such as a shard or a plugin."""

    @classmethod
    def from_message(cls, message: admin_pb2.Alarm) -> Alarm:
        return cls(
            alarm_id=message.alarm_id,
            kind=message.kind,
            subject=message.subject,
            message=message.message,
            alarm_time=time_from_message(message.alarm_time),
        )


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without its secret."""

    key_id: str
    """Its public id."""
    caller: str
    """The application that it belongs to; orders of one caller are unknown to others."""
    scopes: tuple[str, ...]
    """What it may call."""
    revoked: bool = False
    """True: it is refused."""

    @classmethod
    def from_message(cls, message: admin_pb2.ApiKey) -> ApiKey:
        return cls(
            key_id=message.key_id,
            caller=message.caller,
            scopes=tuple(message.scopes),
            revoked=message.revoked,
        )


@dataclass(frozen=True, slots=True)
class CreateApiKeyResponse:
    """A new API key."""

    api_key: ApiKey
    """The key."""
    secret: str = ""
    """To be sent as `authorization: Bearer <secret>`. Empty when this request id had been used before: secrets are not kept."""

    @classmethod
    def from_message(cls, message: admin_pb2.CreateApiKeyResponse) -> CreateApiKeyResponse:
        return cls(
            api_key=ApiKey.from_message(message.api_key),
            secret=message.secret,
        )
