# Generated from the .proto files by `make protos`. Change those, not this.
"""One exception per error reason of the API, named like it; all are `TuanApiError`. docs/errors.md lists them."""

from __future__ import annotations

from grpc import StatusCode

from tuan_client.failure import DeadlineExceeded, ServerUnreachable, TuanApiError, register

__all__ = [
    "TuanApiError",
    "DeadlineExceeded",
    "ServerUnreachable",
    "InvalidField",
    "RulesInvalid",
    "PaymentSignatureInvalid",
    "OrderNotFound",
    "ProductNotFound",
    "SkuNotFound",
    "ActivityNotFound",
    "CampaignNotFound",
    "PaymentNotFound",
    "RefundNotFound",
    "RulesetNotFound",
    "GatewayNotFound",
    "RequestIdReused",
    "CredentialsMissing",
    "CredentialsInvalid",
    "ScopeMissing",
    "NotTheOwner",
    "ChallengeFailed",
    "TicketInvalid",
    "RiskDenied",
    "OrderStateConflict",
    "CurrencyMismatch",
    "UnitsNotRefundable",
    "StockTooLow",
    "ActivityStateConflict",
    "PageTokenInvalid",
    "ResumeTokenInvalid",
    "RateLimited",
    "TooManyStreams",
    "ShardRebuilding",
    "StoreUnavailable",
    "ShuttingDown",
    "PluginUnavailable",
    "OutcomeUnknown",
    "NotRedeemable",
    "CouponNotFound",
    "RulesetStateConflict",
    "GateRefused",
    "Overloaded",
    "GroupNotFound",
]


@register("INVALID_FIELD", StatusCode.INVALID_ARGUMENT)
class InvalidField(TuanApiError):
    """A field of the request is missing, malformed, out of its range or unknown. Correct the request; repeating it is useless.
    A google.rpc.BadRequest detail repeats field and description.

    Metadata: field
    """


@register("RULES_INVALID", StatusCode.INVALID_ARGUMENT)
class RulesInvalid(TuanApiError):
    """The rule files have errors, so nothing was published. CheckRules lists all diagnostics with their places.

    Metadata: file, line, column, code
    """


@register("PAYMENT_SIGNATURE_INVALID", StatusCode.INVALID_ARGUMENT)
class PaymentSignatureInvalid(TuanApiError):
    """A gateway's notice does not carry a valid signature; it was not applied. Check which gateway the notice was relayed for.

    Metadata: gateway
    """


@register("ORDER_NOT_FOUND", StatusCode.NOT_FOUND)
class OrderNotFound(TuanApiError):
    """There is no such order, or it belongs to another caller.

    Metadata: order_id
    """


@register("PRODUCT_NOT_FOUND", StatusCode.NOT_FOUND)
class ProductNotFound(TuanApiError):
    """There is no such product.

    Metadata: product_id
    """


@register("SKU_NOT_FOUND", StatusCode.NOT_FOUND)
class SkuNotFound(TuanApiError):
    """There is no such SKU in the catalogue, or it is not active.

    Metadata: sku
    """


@register("ACTIVITY_NOT_FOUND", StatusCode.NOT_FOUND)
class ActivityNotFound(TuanApiError):
    """There is no such activity.

    Metadata: activity_id
    """


@register("CAMPAIGN_NOT_FOUND", StatusCode.NOT_FOUND)
class CampaignNotFound(TuanApiError):
    """There is no such campaign.

    Metadata: campaign_id
    """


@register("PAYMENT_NOT_FOUND", StatusCode.NOT_FOUND)
class PaymentNotFound(TuanApiError):
    """There is no such payment, or it belongs to another caller.

    Metadata: payment_id
    """


@register("REFUND_NOT_FOUND", StatusCode.NOT_FOUND)
class RefundNotFound(TuanApiError):
    """There is no such refund, or it belongs to another caller.

    Metadata: refund_id
    """


@register("RULESET_NOT_FOUND", StatusCode.NOT_FOUND)
class RulesetNotFound(TuanApiError):
    """No ruleset with this hash was ever published.

    Metadata: ruleset_hash
    """


@register("GATEWAY_NOT_FOUND", StatusCode.NOT_FOUND)
class GatewayNotFound(TuanApiError):
    """No payment gateway plugin with this code is installed.

    Metadata: gateway
    """


@register("REQUEST_ID_REUSED", StatusCode.ALREADY_EXISTS)
class RequestIdReused(TuanApiError):
    """The request id was used before for a request with another content. The first request stands; send the new one under a
    new id. (The same id with the same content is not an error: it gets the first answer again.)

    Metadata: request_id
    """


@register("CREDENTIALS_MISSING", StatusCode.UNAUTHENTICATED)
class CredentialsMissing(TuanApiError):
    """The call carries no credentials. Send the metadata `authorization: Bearer <API key or JWT>`.

    Metadata: method
    """


@register("CREDENTIALS_INVALID", StatusCode.UNAUTHENTICATED)
class CredentialsInvalid(TuanApiError):
    """The credentials are unknown, revoked, expired or malformed.

    Metadata: method
    """


@register("SCOPE_MISSING", StatusCode.PERMISSION_DENIED)
class ScopeMissing(TuanApiError):
    """The credentials are good, but do not hold the scope of the method.

    Metadata: method, scope
    """


@register("NOT_THE_OWNER", StatusCode.PERMISSION_DENIED)
class NotTheOwner(TuanApiError):
    """The token names a buyer, and the request acts for another one.

    Metadata: field
    """


@register("CHALLENGE_FAILED", StatusCode.PERMISSION_DENIED)
class ChallengeFailed(TuanApiError):
    """The answer to the challenge is wrong, late, or for another buyer, device or activity. Ask for a new challenge.

    Metadata: activity_id
    """


@register("TICKET_INVALID", StatusCode.PERMISSION_DENIED)
class TicketInvalid(TuanApiError):
    """The purchase ticket is malformed, expired, or for another buyer, device or activity. (An order with such a ticket gets
    the business answer REFUSAL_KIND_TICKET_INVALID instead.)

    Metadata: activity_id
    """


@register("RISK_DENIED", StatusCode.PERMISSION_DENIED)
class RiskDenied(TuanApiError):
    """Risk control refuses the caller's request. (An order gets the business answer REFUSAL_KIND_RISK_DENIED instead.)

    Metadata: code
    """


@register("ORDER_STATE_CONFLICT", StatusCode.FAILED_PRECONDITION)
class OrderStateConflict(TuanApiError):
    """The order's state does not allow the step that was asked for. Read the order again.

    Metadata: order_id, state, target
    """


@register("CURRENCY_MISMATCH", StatusCode.FAILED_PRECONDITION)
class CurrencyMismatch(TuanApiError):
    """Amounts of two currencies meet: a SKU's price and the order's currency, or the orders of one payment.

    Metadata: expected, actual
    """


@register("UNITS_NOT_REFUNDABLE", StatusCode.FAILED_PRECONDITION)
class UnitsNotRefundable(TuanApiError):
    """Units that a refund names do not exist, are not paid, or were refunded before.

    Metadata: order_id, line_index
    """


@register("STOCK_TOO_LOW", StatusCode.FAILED_PRECONDITION)
class StockTooLow(TuanApiError):
    """A negative stock change is greater than what is there and not reserved. Nothing was changed.

    Metadata: sku, available
    """


@register("ACTIVITY_STATE_CONFLICT", StatusCode.FAILED_PRECONDITION)
class ActivityStateConflict(TuanApiError):
    """The activity's state does not allow the step that was asked for (closing one that is closed, releasing the buffer of one
    that has ended).

    Metadata: activity_id, state
    """


@register("PAGE_TOKEN_INVALID", StatusCode.INVALID_ARGUMENT)
class PageTokenInvalid(TuanApiError):
    """The page token is not one that this list returned for the same filter. Start again without a token.

    Metadata: field
    """


@register("RESUME_TOKEN_INVALID", StatusCode.INVALID_ARGUMENT)
class ResumeTokenInvalid(TuanApiError):
    """The resume token is not one that this stream returned. Start again without a token.

    Metadata: field
    """


@register("RATE_LIMITED", StatusCode.RESOURCE_EXHAUSTED)
class RateLimited(TuanApiError):
    """The caller sends more than its share. Wait as long as the google.rpc.RetryInfo detail says; nothing was done.

    Metadata: limit
    """


@register("TOO_MANY_STREAMS", StatusCode.RESOURCE_EXHAUSTED)
class TooManyStreams(TuanApiError):
    """The caller has too many streams open at once. Close one, or share one stream among many watchers.

    Metadata: limit
    """


@register("SHARD_REBUILDING", StatusCode.UNAVAILABLE)
class ShardRebuilding(TuanApiError):
    """The counters of the activity are being rebuilt from the record; nothing was done. Retry as RetryInfo says.

    Metadata: shard
    """


@register("STORE_UNAVAILABLE", StatusCode.UNAVAILABLE)
class StoreUnavailable(TuanApiError):
    """A store (claims or record) cannot be reached; nothing was done. Retry as RetryInfo says.

    Metadata: store
    """


@register("SHUTTING_DOWN", StatusCode.UNAVAILABLE)
class ShuttingDown(TuanApiError):
    """The server is draining: it finishes what it has and takes nothing new; nothing was done. Retry, on another connection.

    Metadata: none
    """


@register("PLUGIN_UNAVAILABLE", StatusCode.UNAVAILABLE)
class PluginUnavailable(TuanApiError):
    """A plugin that must have a say failed, was too slow, or is in quarantine; nothing was done. Retry as RetryInfo says.

    Metadata: plugin
    """


@register("OUTCOME_UNKNOWN", StatusCode.UNAVAILABLE)
class OutcomeUnknown(TuanApiError):
    """The connection to a store broke at a moment when the work may have been done or not. Repeat the request with the same
    request id: the answer tells which, and nothing is done twice.

    Metadata: request_id
    """


@register("NOT_REDEEMABLE", StatusCode.FAILED_PRECONDITION)
class NotRedeemable(TuanApiError):
    """A quote names a coupon that is unknown, expired, used or another buyer's, or more points than there are.

    Metadata: none
    """


@register("COUPON_NOT_FOUND", StatusCode.NOT_FOUND)
class CouponNotFound(TuanApiError):
    """No rule package in force has a coupon of this id.

    Metadata: template_id
    """


@register("RULESET_STATE_CONFLICT", StatusCode.FAILED_PRECONDITION)
class RulesetStateConflict(TuanApiError):
    """The ruleset's stage does not lead to the one that was asked for, or another ruleset stands in its place. The message says
    what to do instead; ListRulesets shows the stages of all.

    Metadata: ruleset_hash, state, target
    """


@register("GATE_REFUSED", StatusCode.FAILED_PRECONDITION)
class GateRefused(TuanApiError):
    """A gate of the published rules refuses the cart of a quote. (An order gets the business answer REFUSAL_KIND_GATE_REFUSED instead.)
    The message is the gate's own, as its author wrote it first. line_indexes: empty where it is about the whole order; missing_fact:
    the fact for want of which it refuses, empty where its conditions hold.

    Metadata: rule_id, code, message_en, message_zh, line_indexes, missing_fact
    """


@register("OVERLOADED", StatusCode.UNAVAILABLE)
class Overloaded(TuanApiError):
    """The engine has more to do than it can, or the record is too far behind; nothing was done. Retry as RetryInfo says: the time
    grows with the crowd and differs from call to call, so that not all come back at once. cause: "work" (too much is under
    way), "record" (what was placed has to get into SQL first), "deadline" (the call's time would be over before its answer).

    Metadata: cause
    """


@register("GROUP_NOT_FOUND", StatusCode.NOT_FOUND)
class GroupNotFound(TuanApiError):
    """No group of this id or share code, or it is not open to others yet: its leader has to pay first.

    Metadata: group_id
    """
