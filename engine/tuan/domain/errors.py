"""Errors that know their reason and metadata. The server maps `Reason` to a gRPC status and ErrorInfo; nobody matches on text."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """The gRPC status that a reason answers with, named here so that the domain needs no grpc."""

    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class Reason(Enum):
    """One per way in which a call can be refused; the value is its status. `error_reason.proto` documents each."""

    def __new__(cls, status: Status) -> Reason:
        member = object.__new__(cls)
        # Enum members with equal values would become aliases of one another: the ordinal keeps them apart.
        member._value_ = (len(cls.__members__), status)
        return member

    @property
    def status(self) -> Status:
        status: Status = self._value_[1]
        return status

    # The message itself is wrong.
    INVALID_FIELD = Status.INVALID_ARGUMENT
    RULES_INVALID = Status.INVALID_ARGUMENT
    PAYMENT_SIGNATURE_INVALID = Status.INVALID_ARGUMENT
    # Something that it names does not exist (or is not the caller's).
    ORDER_NOT_FOUND = Status.NOT_FOUND
    PRODUCT_NOT_FOUND = Status.NOT_FOUND
    SKU_NOT_FOUND = Status.NOT_FOUND
    ACTIVITY_NOT_FOUND = Status.NOT_FOUND
    CAMPAIGN_NOT_FOUND = Status.NOT_FOUND
    PAYMENT_NOT_FOUND = Status.NOT_FOUND
    REFUND_NOT_FOUND = Status.NOT_FOUND
    RULESET_NOT_FOUND = Status.NOT_FOUND
    GATEWAY_NOT_FOUND = Status.NOT_FOUND
    COUPON_NOT_FOUND = Status.NOT_FOUND
    GROUP_NOT_FOUND = Status.NOT_FOUND
    # Idempotency.
    REQUEST_ID_REUSED = Status.ALREADY_EXISTS
    # Who calls.
    CREDENTIALS_MISSING = Status.UNAUTHENTICATED
    CREDENTIALS_INVALID = Status.UNAUTHENTICATED
    SCOPE_MISSING = Status.PERMISSION_DENIED
    NOT_THE_OWNER = Status.PERMISSION_DENIED
    CHALLENGE_FAILED = Status.PERMISSION_DENIED
    TICKET_INVALID = Status.PERMISSION_DENIED
    RISK_DENIED = Status.PERMISSION_DENIED
    # The state of things does not allow it.
    ORDER_STATE_CONFLICT = Status.FAILED_PRECONDITION
    CURRENCY_MISMATCH = Status.FAILED_PRECONDITION
    NOT_REDEEMABLE = Status.FAILED_PRECONDITION
    GATE_REFUSED = Status.FAILED_PRECONDITION
    UNITS_NOT_REFUNDABLE = Status.FAILED_PRECONDITION
    STOCK_TOO_LOW = Status.FAILED_PRECONDITION
    ACTIVITY_STATE_CONFLICT = Status.FAILED_PRECONDITION
    RULESET_STATE_CONFLICT = Status.FAILED_PRECONDITION
    PAGE_TOKEN_INVALID = Status.INVALID_ARGUMENT
    RESUME_TOKEN_INVALID = Status.INVALID_ARGUMENT
    # Come back later.
    RATE_LIMITED = Status.RESOURCE_EXHAUSTED
    TOO_MANY_STREAMS = Status.RESOURCE_EXHAUSTED
    OVERLOADED = Status.UNAVAILABLE
    SHARD_REBUILDING = Status.UNAVAILABLE
    STORE_UNAVAILABLE = Status.UNAVAILABLE
    SHUTTING_DOWN = Status.UNAVAILABLE
    PLUGIN_UNAVAILABLE = Status.UNAVAILABLE
    OUTCOME_UNKNOWN = Status.UNAVAILABLE


class TuanError(Exception):
    """A refusal with a reason. `metadata` goes to the caller as ErrorInfo metadata: short strings, no personal data."""

    def __init__(self, reason: Reason, message: str, *, retry_after_ms: int | None = None, **metadata: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.metadata = metadata


class InvalidValue(TuanError):
    """A field of the request is wrong: `field` is its path, the message says what to write instead."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(Reason.INVALID_FIELD, f"{field}: {message}", field=field)
        self.field = field
