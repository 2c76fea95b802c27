"""Gates: what the published rules refuse before anything is priced. Pure and bounded like a price, so it is asked in the loop's thread."""

from __future__ import annotations

from tuan.domain.errors import Reason, TuanError
from tuan.plugin import Attempt, GateRefused, Refusal, RefusalKind
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.pricing.carts import cart_of
from tuan.usecases.pricing.price_book import PriceBook
from tuan_rules.pricing.gates import GateRefusal


def refuse_by_gates(batch: OrderBatch) -> None:
    """Before anybody is suspected or anything is priced: what the shop does not sell, it sells to nobody."""
    for index in batch.open():
        attempt = batch.attempts[index]
        if attempt is not None:
            batch.results[index] = gate_refusal(attempt, batch.snapshot.book)


def gate_refusal(attempt: Attempt, book: PriceBook) -> Refusal | None:
    """Why the rules that price this buyer do not let the attempt through, by the first gate; None where they do."""
    prices = book.prices(attempt.currency, attempt.buyer) if book.gated else None
    if prices is None or prices.gates is None:
        return None
    refusals = prices.gates.refusals(cart_of(attempt, {}))
    return _refusal(refusals[0]) if refusals else None


def gate_error(gate: GateRefused) -> TuanError:
    """The same for whoever asks for a price, which has no business answers."""
    return TuanError(
        Reason.GATE_REFUSED,
        gate.message,
        rule_id=gate.rule_id,
        code=gate.code,
        message_en=gate.in_language("en"),
        message_zh=gate.in_language("zh"),
        line_indexes=",".join(map(str, gate.lines)),
        missing_fact=gate.missing,
    )


def gate_refused(found: GateRefusal) -> GateRefused:
    """A gate's refusal as the engine tells it."""
    message = found.message
    return GateRefused(found.rule_id, found.code, message.default, message.translations, found.lines, found.missing)


def _refusal(found: GateRefusal) -> Refusal:
    gate = gate_refused(found)
    return Refusal(RefusalKind.GATE_REFUSED, gate.message, gate=gate)
