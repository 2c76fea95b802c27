"""Calls by method name and what comes back: status, reason, metadata, all as a client sees it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.rpc import error_details_pb2, status_pb2

#: Importing a module registers its descriptors.
_MODULES = "admin campaign catalogue coupon event flash_sale inventory order payment points pricing rules sandbox wallet".split()
for _name in _MODULES:
    importlib.import_module(f"tuan_api.v1.{_name}_pb2")

SERVICES = (
    "AdminService",
    "CampaignService",
    "CatalogueService",
    "CouponService",
    "EventService",
    "FlashSaleService",
    "GroupBuyService",
    "InventoryService",
    "OrderService",
    "PaymentService",
    "PointsService",
    "PricingService",
    "RuleService",
    "SandboxService",
    "WalletService",
)


@dataclass(frozen=True)
class Outcome:
    """`answer` of an OK call; otherwise what the status details say."""

    status: str
    answer: Any = None
    message: str = ""
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    field_name: str = ""
    retry_ms: int | None = None
    details_bytes: int = 0


def methods() -> dict[str, MethodDescriptor]:
    """Every method of the engine's and the built-in plugins' services, as `Service.Method`."""
    pool = descriptor_pool.Default()
    return {
        f"{service}.{method.name}": method
        for service in SERVICES
        for method in pool.FindServiceByName(f"tuan_api.v1.{service}").methods
    }


def bearer(secret: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {secret}")]


def call(
    channel: grpc.Channel,
    method: str,
    request: Any = None,
    key: str = "",
    timeout_s: float | None = 20,
    metadata: Iterable[tuple[str, str]] = (),
) -> Outcome:
    """One call of `Service.Method`; of a stream, up to its first answer. `request` None: an empty one; bytes go as they are."""
    descriptor = methods()[method]
    message = request_type(descriptor)() if request is None else request
    sent = [*metadata, *(bearer(key) if key else ())]
    try:
        if not descriptor.client_streaming and not descriptor.server_streaming:
            answer = _callable(channel, descriptor)(message, timeout=timeout_s, metadata=sent)
        else:
            answers = stream(channel, method, message, key, timeout_s, metadata)
            answer = next(answers, None)
            answers.cancel()
    except grpc.RpcError as error:
        return outcome_of(error)
    return Outcome("OK", answer)


def stream(
    channel: grpc.Channel,
    method: str,
    request: Any,
    key: str = "",
    timeout_s: float | None = 20,
    metadata: Iterable[tuple[str, str]] = (),
) -> Any:
    """The answers of a streaming call. `request`: a message, or an iterator of them."""
    descriptor = methods()[method]
    sent = [*metadata, *(bearer(key) if key else ())]
    if descriptor.client_streaming and not isinstance(request, Iterator):
        request = iter([request])
    return _callable(channel, descriptor)(request, timeout=timeout_s, metadata=sent)


def outcome_of(error: Any) -> Outcome:
    """What a failed call says."""
    raw = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    details = status_pb2.Status.FromString(raw)
    found: dict[str, Any] = {}
    for each in details.details:
        kind = each.type_url.rpartition(".")[2]
        found[kind] = getattr(error_details_pb2, kind).FromString(each.value)
    info = found.get("ErrorInfo", error_details_pb2.ErrorInfo())
    violations = found["BadRequest"].field_violations if "BadRequest" in found else ()
    retry = found["RetryInfo"].retry_delay.ToMilliseconds() if "RetryInfo" in found else None
    return Outcome(
        status=error.code().name,
        message=error.details() or "",
        reason=info.reason,
        metadata=dict(info.metadata),
        field_name=violations[0].field if violations else "",
        retry_ms=retry,
        details_bytes=len(raw),
    )


def request_type(descriptor: MethodDescriptor) -> Any:
    return message_factory.GetMessageClass(descriptor.input_type)


def answer_type(descriptor: MethodDescriptor) -> Any:
    return message_factory.GetMessageClass(descriptor.output_type)


def _callable(channel: grpc.Channel, descriptor: MethodDescriptor) -> Any:
    kinds = {(False, False): "unary_unary", (False, True): "unary_stream", (True, True): "stream_stream"}
    make = getattr(channel, kinds[descriptor.client_streaming, descriptor.server_streaming])
    name = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
    return make(name, request_serializer=_serialized, response_deserializer=answer_type(descriptor).FromString)


def _serialized(message: Any) -> bytes:
    return message if isinstance(message, bytes) else message.SerializeToString()
