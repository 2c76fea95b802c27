"""From an error with a reason to what travels: gRPC status, message, and the google.rpc details in the trailing metadata."""

from __future__ import annotations

import uuid

import grpc
import structlog
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # published without type hints

from tuan.domain.errors import InvalidValue, Reason, Status, TuanError

log = structlog.get_logger()

DOMAIN = "tuan"
DETAILS_KEY = "grpc-status-details-bin"
#: gRPC kills a call whose metadata exceed 8 KB. The message travels up to three times (percent-encoded, in the status, in the
#: field violation) and base64 adds a third: with these bounds the details stay below 3 KB and everything below 5 KB.
MESSAGE_BYTES_MAX = 400
METADATA_VALUE_BYTES_MAX = 128
METADATA_ENTRIES_MAX = 8

_CODES = {status: grpc.StatusCode[status.name] for status in Status}
_INFO_TYPE = "type.googleapis.com/google.rpc.ErrorInfo"
_FIELD_TYPE = "type.googleapis.com/google.rpc.BadRequest"
_RETRY_TYPE = "type.googleapis.com/google.rpc.RetryInfo"


def code_of(reason: Reason) -> grpc.StatusCode:
    return _CODES[reason.status]


def message_of(error: TuanError) -> str:
    return shortened(error.message, MESSAGE_BYTES_MAX)


def details_of(error: TuanError) -> bytes:
    """google.rpc.Status, serialized: ErrorInfo always, BadRequest for a wrong field, RetryInfo where repeating makes sense."""
    entries = list(error.metadata.items())[:METADATA_ENTRIES_MAX]
    info = error_details_pb2.ErrorInfo(
        reason=error.reason.name,
        domain=DOMAIN,
        metadata={key: shortened(str(value), METADATA_VALUE_BYTES_MAX) for key, value in entries},
    )
    message = message_of(error)
    details = [any_pb2.Any(type_url=_INFO_TYPE, value=info.SerializeToString())]
    if isinstance(error, InvalidValue):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=shortened(error.field, METADATA_VALUE_BYTES_MAX),
            description=message.removeprefix(f"{error.field}: "),
        )
        bad_request = error_details_pb2.BadRequest(field_violations=[violation])
        details.append(any_pb2.Any(type_url=_FIELD_TYPE, value=bad_request.SerializeToString()))
    if error.retry_after_ms is not None:
        retry = error_details_pb2.RetryInfo(retry_delay=delay_of(error.retry_after_ms))
        details.append(any_pb2.Any(type_url=_RETRY_TYPE, value=retry.SerializeToString()))
    status = status_pb2.Status(code=code_of(error.reason).value[0], message=message, details=details)
    serialized: bytes = status.SerializeToString()
    return serialized


def delay_of(delay_ms: int) -> duration_pb2.Duration:
    return duration_pb2.Duration(seconds=delay_ms // 1_000, nanos=delay_ms % 1_000 * 1_000_000)


def shortened(text: str, bytes_max: int) -> str:
    """At most so many bytes of UTF-8, cut between characters."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= bytes_max else encoded[:bytes_max].decode("utf-8", "ignore")


def report_fault(method: str, error: BaseException) -> str:
    """Log what nobody expected, with its traceback; the caller learns the id under which it stands in the log, and no more."""
    error_id = uuid.uuid4().hex[:12]
    log.error("call_failed", method=method, error_id=error_id, exc_info=error)
    return f"internal error {error_id}"
