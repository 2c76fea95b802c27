"""The error of one item of a batch: what a failed unary call says by its status and details."""

from __future__ import annotations

from tuan.domain.errors import Reason, TuanError
from tuan.server.interceptors.errors import delay_of, shortened
from tuan_api.v1.error_reason_pb2 import ErrorReason, ItemError

MESSAGE_BYTES_MAX = 1_024
METADATA_VALUE_BYTES_MAX = 256

_REASONS = {reason: ErrorReason.Value(f"ERROR_REASON_{reason.name}") for reason in Reason}


def item_error(error: TuanError) -> ItemError:
    return ItemError(
        reason=_REASONS[error.reason],
        message=shortened(error.message, MESSAGE_BYTES_MAX),
        metadata={key: shortened(str(value), METADATA_VALUE_BYTES_MAX) for key, value in error.metadata.items()},
        retry_delay=delay_of(error.retry_after_ms) if error.retry_after_ms is not None else None,
    )
