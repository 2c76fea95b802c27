"""The hot path: PlaceOrder messages to commands and results back.

Answers are filled in place (`results.add().placed`): building them from parts costs three times as much, since each part is
copied into its parent. Of a message's orders nearly all are for the same goods: what they have in common is read and written once,
2 instead of 7 µs an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import LineKind
from tuan.plugin import GateRefused, Refusal, RefusalKind
from tuan.server.convert.facts import given_facts
from tuan.server.convert.item_error import item_error
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, WantedLine
from tuan_api.v1 import order_pb2, pricing_pb2
from tuan_api.v1.line_pb2 import CartLine

_KINDS: dict[RefusalKind, order_pb2.RefusalKind.ValueType] = {
    kind: order_pb2.RefusalKind.Value(f"REFUSAL_KIND_{kind.name}") for kind in RefusalKind
}


#: Single lines that were read before, by their bytes.
SeenLines = dict[bytes, tuple[WantedLine, ...]]


def place_order(request: order_pb2.PlaceOrderRequest, caller: str, seen: SeenLines | None = None) -> PlaceOrder:
    """Raises CURRENCY_MISMATCH when the expected total is not in the order's currency; the use case checks the rest.

    `seen`: of the same message, whose orders are mostly for the same goods.
    """
    expected_minor = None
    if request.HasField("expected_total"):
        expected = request.expected_total
        if expected.currency_code != request.currency_code:
            raise TuanError(
                Reason.CURRENCY_MISMATCH,
                f"expected_total is in {expected.currency_code!r}, the order in {request.currency_code!r}",
                expected=request.currency_code,
                actual=expected.currency_code,
            )
        expected_minor = expected.amount_minor
    return PlaceOrder(
        caller,
        request.request_id,
        request.buyer_id,
        request.currency_code,
        _wanted(request.lines, seen),
        request.device_id,
        request.address_id,
        request.region,
        request.channel,
        request.ticket,
        expected_minor,
        given_facts(request.facts) if request.facts else (),
        shipping_minor(request) if request.HasField("shipping") else 0,
        tuple(request.coupon_ids) if request.coupon_ids else (),
        request.points,
        request.group_id,
    )


def _wanted(lines: Sequence[CartLine], seen: SeenLines | None) -> tuple[WantedLine, ...]:
    if seen is None or len(lines) != 1:
        return tuple([wanted_line(line) for line in lines])
    line = lines[0]
    content = line.SerializeToString()
    wanted = seen.get(content)
    if wanted is None:
        wanted = seen[content] = (wanted_line(line),)
    return wanted


def wanted_line(line: CartLine) -> WantedLine:
    if line.facts:
        return WantedLine(line.sku, line.quantity, line.activity_id, given_facts(line.facts))
    return WantedLine(line.sku, line.quantity, line.activity_id)


def shipping_minor(request: order_pb2.PlaceOrderRequest | pricing_pb2.QuoteRequest) -> int:
    """Raises CURRENCY_MISMATCH when it is not in the currency of the request."""
    shipping = request.shipping
    if shipping.currency_code != request.currency_code:
        raise TuanError(
            Reason.CURRENCY_MISMATCH,
            f"shipping is in {shipping.currency_code!r}, the order in {request.currency_code!r}",
            expected=request.currency_code,
            actual=shipping.currency_code,
        )
    return shipping.amount_minor


class ResultWriter:
    """`window_ms`: how long buyers are told that they have to pay; what is held for them is held a little longer."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._written: tuple[object, ...] = ()
        self._common = order_pb2.PlacedOrder()
        self._refused: tuple[str, Refusal] | None = None
        self._refusal = order_pb2.Refusal()

    def told_expire_ms(self, place_time_ms: int, due_ms: int) -> int:
        """Never after the hold itself, which a promotion may have made shorter."""
        return min(place_time_ms + self._window_ms, due_ms) if due_ms else place_time_ms + self._window_ms

    def write(self, result: PlaceResult, currency: str, target: order_pb2.PlaceOrderResult) -> str:
        """Fill one result; its outcome in a word, for the metrics. `currency`: of the request, for a refusal's price."""
        if isinstance(result, Placed):
            self._write_placed(result, target.placed)
            return "replayed" if result.replayed else "placed"
        if isinstance(result, Refusal):
            self._write_refusal(result, currency, target.refusal)
            return result.kind.value
        target.error.CopyFrom(item_error(result))
        return result.reason.name.lower()

    def _write_placed(self, placed: Placed, target: order_pb2.PlacedOrder) -> None:
        """Copied from the order before, where that differs in nothing but its id."""
        terms = (
            placed.lines,
            placed.total_minor,
            placed.currency,
            placed.place_time_ms,
            placed.due_ms,
            placed.in_sql,
            placed.replayed,
        )
        if terms != self._written:
            self._common = self._without_id(placed)
            self._written = terms
        target.CopyFrom(self._common)
        target.order_id = placed.order_id

    def _write_refusal(self, refusal: Refusal, currency: str, target: order_pb2.Refusal) -> None:
        """Copied from the one before, where that is the same: of a sale that is sold out, tens of thousands hear nothing else."""
        if self._refused != (currency, refusal):
            self._refusal = _refusal(refusal, currency)
            self._refused = currency, refusal
        target.CopyFrom(self._refusal)

    def _without_id(self, placed: Placed) -> order_pb2.PlacedOrder:
        written = order_pb2.PlacedOrder(
            ack_level=order_pb2.ACK_LEVEL_SQL if placed.in_sql else order_pb2.ACK_LEVEL_AOF, replayed=placed.replayed
        )
        total = written.total
        total.currency_code = placed.currency
        total.amount_minor = placed.total_minor
        for line in placed.lines:
            if line.kind is not LineKind.GOODS:
                break  # gifts and shipping come last, and GetOrder tells of them
            written.lines.add(list_unit_minor=line.list_unit_minor, total_minor=line.total_minor)
        written.expire_time.FromMilliseconds(self.told_expire_ms(placed.place_time_ms, placed.due_ms))
        return written


def _refusal(refusal: Refusal, currency: str) -> order_pb2.Refusal:
    written = order_pb2.Refusal(
        kind=_KINDS[refusal.kind],
        message=refusal.message,
        sku=refusal.sku,
        available=refusal.available,
        limit=refusal.limit,
        similar_skus=refusal.similar,
    )
    if refusal.open_time_ms:
        written.start_time.FromMilliseconds(refusal.open_time_ms)
    if refusal.kind is RefusalKind.PRICE_CHANGED:
        written.current_total.currency_code = currency
        written.current_total.amount_minor = refusal.current_total_minor
    if refusal.gate is not None:
        written.gate.CopyFrom(gate_refusal(refusal.gate))
    return written


def gate_refusal(gate: GateRefused, lang: str = "") -> order_pb2.GateRefusal:
    """`lang`: what the caller asked for; empty: as its author wrote it first."""
    return order_pb2.GateRefusal(
        rule_id=gate.rule_id,
        code=gate.code,
        message=gate.in_language(lang),
        translations=gate.translations,
        line_indexes=gate.lines,
        missing_fact=gate.missing,
    )
