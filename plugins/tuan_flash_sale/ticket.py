"""Purchase tickets: a signed permission to order in one session, good for one buyer and device until it expires.

A ticket holds when it expires and whether a challenge was solved for it; whom and what it is for comes with the order, so it
is not repeated inside: 34 characters instead of some hundred. Layout: flags (1 byte), expire_time_ms (8), keyed BLAKE2b of
16 bytes; base64url without padding. BLAKE2b with a key is a MAC by design (RFC 7693) and costs a third of HMAC-SHA256, for each
ticket once and for each order again.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct as Layout

from msgspec import Struct

_HEAD = Layout(">BQ")
_MAC_BYTES = 16
_TEXT_CHARACTERS = 34
_SOLVED = 1


class Ticket(Struct, frozen=True, gc=False):
    """`solved`: its buyer solved a challenge for it."""

    expire_time_ms: int
    solved: bool = False


class Tickets:
    """Signs and checks tickets with one secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, ticket: Ticket, activity_id: str, buyer: str, device: str) -> str:
        """The text that goes to the buyer's app and comes back with the order."""
        head = _HEAD.pack(_SOLVED if ticket.solved else 0, ticket.expire_time_ms)
        return urlsafe_b64encode(head + self._mac(head, activity_id, buyer, device)).rstrip(b"=").decode()

    def check(self, text: str, activity_id: str, buyer: str, device: str) -> Ticket | None:
        """What a ticket says; None when it is malformed or not signed for these. Whether it has expired is the caller's to ask."""
        if len(text) != _TEXT_CHARACTERS:
            return None
        try:
            raw = urlsafe_b64decode(text.encode() + b"==")
        except (Base64Error, ValueError):
            return None
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        if len(mac) != _MAC_BYTES or not compare_digest(mac, self._mac(head, activity_id, buyer, device)):
            return None
        flags, expire_time_ms = _HEAD.unpack(head)
        return Ticket(expire_time_ms, bool(flags & _SOLVED))

    def _mac(self, head: bytes, activity_id: str, buyer: str, device: str) -> bytes:
        # Ids have no control characters (the engine checks), so the zero bytes keep their borders.
        message = head + f"{activity_id}\0{buyer}\0{device}".encode()
        return blake2b(message, key=self._secret, digest_size=_MAC_BYTES).digest()
