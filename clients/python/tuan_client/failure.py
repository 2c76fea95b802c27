"""What a failed call raises, and how it is made from a gRPC status and its details."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, TypeVar, cast

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # published without type hints

from tuan_api.v1 import error_reason_pb2

_DETAILS = "grpc-status-details-bin"
_DOMAIN = "tuan"


class TuanApiError(Exception):
    """A call that the server refused, or that did not reach it.

    `reason`: name of the ErrorReason, "" when the server gave none. `status`: the gRPC status. `metadata`: the keys that the
    reason documents. `retry_delay_s`: how long the server asks to wait, None when repeating is useless or unknown.
    `violations`: (field, description) of each wrong field. `request_id`: repeat the call with it to learn what became of it.
    """

    reason: str = ""
    default_status: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        status: grpc.StatusCode | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_delay_s: float | None = None,
        violations: tuple[tuple[str, str], ...] = (),
        method: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.status = status or self.default_status
        self.metadata = dict(metadata or {})
        self.retry_delay_s = retry_delay_s
        self.violations = violations
        self.method = method
        self.request_id = request_id

    def __str__(self) -> str:
        return f"{self.reason or self.status.name}: {self.message}"

    def for_request(self, request_id: str) -> TuanApiError:
        """The same error, as an object of its own for one of several requests that failed together."""
        own = copy.copy(self)
        own.request_id = request_id
        return own


class DeadlineExceeded(TuanApiError):
    """No answer in time. The work may have been done: repeat the call with the same `request_id` to learn it."""

    default_status = grpc.StatusCode.DEADLINE_EXCEEDED


class ServerUnreachable(TuanApiError):
    """No connection, or it broke. The work may have been done: repeat the call with the same `request_id` to learn it."""

    default_status = grpc.StatusCode.UNAVAILABLE


_E = TypeVar("_E", bound=type[TuanApiError])
_by_reason: dict[str, type[TuanApiError]] = {}
_by_status: dict[grpc.StatusCode, type[TuanApiError]] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.UNAVAILABLE: ServerUnreachable,
}


def register(reason: str, status: grpc.StatusCode) -> Callable[[_E], _E]:
    """Class decorator: this is the exception of that reason, which answers with that status."""

    def keep(kind: _E) -> _E:
        kind.reason, kind.default_status = reason, status
        _by_reason[reason] = kind
        return kind

    return keep


def error_from_rpc(failure: grpc.aio.AioRpcError, method: str = "", request_id: str = "") -> TuanApiError:
    """The exception that a failed call stands for. A reason that this client does not know yields a plain TuanApiError."""
    info = error_details_pb2.ErrorInfo()
    retry = error_details_pb2.RetryInfo()
    fields = error_details_pb2.BadRequest()
    # Declared as a pair, it is an iterable of pairs.
    trailing = cast(Iterable[tuple[str, str | bytes]], failure.trailing_metadata() or ())
    for key, value in trailing:
        if key == _DETAILS:
            for detail in status_pb2.Status.FromString(value).details:
                for known in (info, retry, fields):
                    detail.Unpack(known)
    reason = info.reason if info.domain == _DOMAIN else ""
    kind = _by_reason.get(reason) or (TuanApiError if reason else _by_status.get(failure.code(), TuanApiError))
    return kind(
        failure.details() or "",
        reason=reason,
        status=failure.code(),
        metadata=info.metadata,
        retry_delay_s=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        violations=tuple((wrong.field, wrong.description) for wrong in fields.field_violations),
        method=method,
        request_id=request_id,
    )


def error_from_item(item: error_reason_pb2.ItemError, method: str = "", request_id: str = "") -> TuanApiError:
    """The exception that one failed item of a batch stands for."""
    known = error_reason_pb2.ErrorReason.values()
    number = item.reason if item.reason in known else error_reason_pb2.ERROR_REASON_UNSPECIFIED
    reason = error_reason_pb2.ErrorReason.Name(number).removeprefix("ERROR_REASON_") if number else ""
    return _by_reason.get(reason, TuanApiError)(
        item.message,
        reason=reason,
        metadata=item.metadata,
        retry_delay_s=item.retry_delay.ToTimedelta().total_seconds() if item.HasField("retry_delay") else None,
        method=method,
        request_id=request_id,
    )
