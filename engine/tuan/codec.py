"""Domain values to bytes and back: JSON by msgspec, which knows dataclasses and checks types while it decodes."""

from __future__ import annotations

import msgspec

from tuan.domain.order import OrderPlaced
from tuan.domain.payment import PaymentApplied

encode = msgspec.json.Encoder().encode
decode_order_placed = msgspec.json.Decoder(OrderPlaced).decode
decode_payment_applied = msgspec.json.Decoder(PaymentApplied).decode
