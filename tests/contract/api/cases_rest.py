"""Wrong requests to EventService, AdminService and the built-in plugins' services."""

from __future__ import annotations

from typing import Any

from google.protobuf.duration_pb2 import Duration

from tests.contract.api.cases import NOBODY, Case, ids, pages
from tests.contract.api.world import World
from tuan_api.v1 import admin_pb2 as a
from tuan_api.v1 import event_pb2 as e
from tuan_api.v1 import flash_sale_pb2 as f
from tuan_api.v1 import sandbox_pb2 as s

LIST, WATCH = "EventService.ListEvents", "EventService.WatchEvents"
_EVENTS = [
    *pages(LIST, lambda world, fields: e.ListEventsRequest(**fields)),
    *ids(LIST, "kinds[0]", lambda world, value: e.ListEventsRequest(kinds=[value])),
    *ids(LIST, "activity_id", lambda world, value: e.ListEventsRequest(activity_id=value), optional=True),
    Case(LIST, "kinds-too-many", lambda world: e.ListEventsRequest(kinds=["x"] * 65), field="kinds"),
    *ids(WATCH, "kinds[0]", lambda world, value: e.WatchEventsRequest(kinds=[value])),
    *ids(WATCH, "activity_id", lambda world, value: e.WatchEventsRequest(activity_id=value), optional=True),
    Case(WATCH, "kinds-too-many", lambda world: e.WatchEventsRequest(kinds=["x"] * 65), field="kinds"),
    Case(WATCH, "resume-token", lambda world: e.WatchEventsRequest(resume_token="abc"), "RESUME_TOKEN_INVALID"),
    Case(
        WATCH,
        "page-token",
        lambda world: e.WatchEventsRequest(resume_token=world.page_token),
        "RESUME_TOKEN_INVALID",
    ),
]


def _key(world: World, **fields: Any) -> a.CreateApiKeyRequest:
    return a.CreateApiKeyRequest(**{"request_id": world.new_id(), "caller": "app", "scopes": ["orders.read"], **fields})


CREATE, REVOKE, REBUILD, RETRY = (
    f"AdminService.{name}" for name in ("CreateApiKey", "RevokeApiKey", "RebuildShard", "RetryJob")
)
_ADMIN = [
    *ids("AdminService.Audit", "shard", lambda world, value: a.AuditRequest(shard=value), optional=True),
    Case("AdminService.Audit", "unknown", lambda world: a.AuditRequest(shard=NOBODY), "ACTIVITY_NOT_FOUND"),
    *ids(REBUILD, "request_id", lambda world, value: a.RebuildShardRequest(request_id=value, shard="retail")),
    *ids(REBUILD, "shard", lambda world, value: a.RebuildShardRequest(request_id=world.new_id(), shard=value)),
    Case(
        REBUILD,
        "unknown",
        lambda world: a.RebuildShardRequest(request_id=world.new_id(), shard=NOBODY),
        "ACTIVITY_NOT_FOUND",
    ),
    *(
        case
        for name, request in (
            ("ListJobs", a.ListJobsRequest),
            ("ListAlarms", a.ListAlarmsRequest),
            ("ListApiKeys", a.ListApiKeysRequest),
        )
        for case in pages(f"AdminService.{name}", lambda world, fields, request=request: request(**fields))  # type: ignore[misc]
    ),
    *ids(RETRY, "request_id", lambda world, value: a.RetryJobRequest(request_id=value, job_id=1)),
    Case(RETRY, "missing", lambda world: a.RetryJobRequest(request_id=world.new_id()), field="job_id"),
    Case(RETRY, "negative", lambda world: a.RetryJobRequest(request_id=world.new_id(), job_id=-1), field="job_id"),
    Case(
        RETRY, "unknown", lambda world: a.RetryJobRequest(request_id=world.new_id(), job_id=2**63 - 1), field="job_id"
    ),
    *ids(CREATE, "request_id", lambda world, value: _key(world, request_id=value)),
    *ids(CREATE, "caller", lambda world, value: _key(world, caller=value)),
    Case(CREATE, "scopes-missing", lambda world: _key(world, scopes=[]), field="scopes"),
    Case(CREATE, "scopes-too-many", lambda world: _key(world, scopes=["orders.read"] * 65), field="scopes"),
    Case(CREATE, "scope-unknown", lambda world: _key(world, scopes=["orders.raed"]), field="scopes[0]"),
    *ids(REVOKE, "request_id", lambda world, value: a.RevokeApiKeyRequest(request_id=value, key_id="k")),
    *ids(REVOKE, "key_id", lambda world, value: a.RevokeApiKeyRequest(request_id=world.new_id(), key_id=value)),
    Case(
        REVOKE,
        "unknown",
        lambda world: a.RevokeApiKeyRequest(request_id=world.new_id(), key_id=NOBODY),
        field="key_id",
    ),
]


def _ticket(world: World, **fields: Any) -> f.RequestTicketRequest:
    defaults = {"request_id": world.new_id(), "activity_id": world.activity_id, "buyer_id": "buyer-1"}
    return f.RequestTicketRequest(**{**defaults, **fields})


def _notify(world: World, **fields: Any) -> f.NotifyMeWhenRestockedRequest:
    return f.NotifyMeWhenRestockedRequest(**{"request_id": world.new_id(), "sku": "S4", "buyer_id": "b", **fields})


def _release(world: World, **fields: Any) -> f.ReleaseBufferRequest:
    return f.ReleaseBufferRequest(**{"request_id": world.new_id(), "activity_id": world.activity_id, **fields})


def _configure(**fields: Any) -> Any:
    return lambda world: s.ConfigureSandboxRequest(request_id=world.new_id(), behaviour=s.SandboxBehaviour(**fields))


FLASH, SANDBOX = "FlashSaleService", "SandboxService"
_PLUGINS = [
    *pages(f"{FLASH}.ListSessions", lambda world, fields: f.ListSessionsRequest(**fields)),
    *ids(
        f"{FLASH}.GetSale",
        "buyer_id",
        lambda world, value: f.GetSaleRequest(activity_id=world.activity_id, buyer_id=value),
    ),
    Case(
        f"{FLASH}.GetSale",
        "unknown",
        lambda world: f.GetSaleRequest(activity_id=NOBODY, buyer_id="b"),
        "ACTIVITY_NOT_FOUND",
    ),
    *ids(f"{FLASH}.RequestTicket", "request_id", lambda world, value: _ticket(world, request_id=value)),
    *ids(f"{FLASH}.RequestTicket", "buyer_id", lambda world, value: _ticket(world, buyer_id=value)),
    Case(f"{FLASH}.RequestTicket", "unknown", lambda world: _ticket(world, activity_id=NOBODY), "ACTIVITY_NOT_FOUND"),
    # What is wrong with one request is said in its result: see test_tickets.py.
    Case(f"{FLASH}.BatchRequestTickets", "empty", lambda world: f.BatchRequestTicketsRequest(), field="requests"),
    Case(
        f"{FLASH}.BatchRequestTickets",
        "too-many",
        lambda world: f.BatchRequestTicketsRequest(requests=[_ticket(world) for _ in range(257)]),
        field="requests",
    ),
    *ids(f"{FLASH}.NotifyMeWhenRestocked", "buyer_id", lambda world, value: _notify(world, buyer_id=value)),
    Case(f"{FLASH}.NotifyMeWhenRestocked", "unknown", lambda world: _notify(world, sku=NOBODY), "SKU_NOT_FOUND"),
    *ids(f"{FLASH}.ReleaseBuffer", "request_id", lambda world, value: _release(world, request_id=value)),
    Case(f"{FLASH}.ReleaseBuffer", "unknown", lambda world: _release(world, activity_id=NOBODY), "ACTIVITY_NOT_FOUND"),
    Case(
        f"{FLASH}.WatchSale",
        "unknown",
        lambda world: f.WatchSaleRequest(activity_id=NOBODY),
        "ACTIVITY_NOT_FOUND",
    ),
    Case(
        f"{FLASH}.WatchSale",
        "resume-token",
        lambda world: f.WatchSaleRequest(activity_id=world.activity_id, resume_token="abc"),
        "RESUME_TOKEN_INVALID",
    ),
    Case(
        f"{SANDBOX}.ConfigureSandbox",
        "delay-negative",
        _configure(callback_delay=Duration(seconds=-1)),
    ),
    Case(f"{SANDBOX}.ConfigureSandbox", "duplicates-negative", _configure(duplicate_count=-1)),
    Case(f"{SANDBOX}.PayNow", "no-request-id", lambda world: s.PayNowRequest(payment_id="p"), field="request_id"),
    Case(
        f"{SANDBOX}.PayNow",
        "request-id-oversized",
        lambda world: s.PayNowRequest(request_id="x" * 65, payment_id="p"),
        field="request_id",
    ),
    Case(
        f"{SANDBOX}.PayNow",
        "unknown",
        lambda world: s.PayNowRequest(request_id=world.new_id(), payment_id=NOBODY),
        "PAYMENT_NOT_FOUND",
    ),
    *pages(f"{SANDBOX}.ListSandboxCallbacks", lambda world, fields: s.ListSandboxCallbacksRequest(**fields)),
]

CASES = [*_EVENTS, *_ADMIN, *_PLUGINS]
