"""Domain values to bytes and back: JSON by msgspec, which knows dataclasses and checks types while it decodes."""

from __future__ import annotations

import msgspec

from tuan.domain.payment import PaymentApplied

encode = msgspec.json.Encoder().encode
encode_lines = msgspec.json.Encoder().encode_lines
decode_payment_applied = msgspec.json.Decoder(PaymentApplied).decode
