"""The channel's signature: HMAC-SHA256 over timestamp, nonce and body, as real channels sign their callbacks.

    sandbox-timestamp: 1802343600          seconds since 1970
    sandbox-nonce:     9f1c...             never the same twice
    sandbox-signature: hex of HMAC-SHA256(key, timestamp LF nonce LF body)

A timestamp more than five minutes away is refused, so that a recorded callback cannot be played back later.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

TIMESTAMP = "sandbox-timestamp"
NONCE = "sandbox-nonce"
SIGNATURE = "sandbox-signature"
SKEW_MS_MAX = 5 * 60_000


def sign(key: bytes, body: bytes, now_ms: int) -> dict[str, str]:
    """Headers for a callback that is sent now."""
    timestamp, nonce = str(now_ms // 1_000), secrets.token_hex(16)
    return {TIMESTAMP: timestamp, NONCE: nonce, SIGNATURE: _signature(key, timestamp, nonce, body)}


def fault_of(key: bytes, headers: Mapping[str, str], body: bytes, now_ms: int) -> str:
    """Why these headers do not prove that the body is the channel's; empty when they do."""
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp, nonce, signature = (lower.get(name, "") for name in (TIMESTAMP, NONCE, SIGNATURE))
    if not (timestamp and nonce and signature):
        return f"needs the headers {TIMESTAMP}, {NONCE} and {SIGNATURE}"
    if not hmac.compare_digest(signature.encode(), _signature(key, timestamp, nonce, body).encode()):
        return "the signature does not belong to this body"
    # Signed by us, hence a number.
    if abs(int(timestamp) * 1_000 - now_ms) > SKEW_MS_MAX:
        return "its timestamp is more than five minutes away"
    return ""


def _signature(key: bytes, timestamp: str, nonce: str, body: bytes) -> str:
    return hmac.new(key, f"{timestamp}\n{nonce}\n".encode() + body, "sha256").hexdigest()
