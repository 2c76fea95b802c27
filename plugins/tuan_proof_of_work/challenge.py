"""Puzzles without a memory: the token carries its own terms, signed, so any engine process can check any other's."""

from __future__ import annotations

import hmac
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from struct import Struct

from tuan.plugin import Challenge, Host, Puzzle
from tuan_proof_of_work.work import is_solved, prompt_of

#: 2^18 hashes on average: a quarter of a second on a phone, once per ticket; an hour of one core for 20,000 tickets.
BITS = 18
LIFETIME_MS = 120_000
#: Tokens of the last two minutes that were used, in this process. 100,000 puzzles in two minutes are 800 a second.
USED_MAX = 100_000

_HEAD = Struct(">BQ16s")
_MAC_BYTES = 16


class ProofOfWork(Challenge):
    """Bound to subject and purpose, good for two minutes and for one answer.

    "One" is kept per engine process: with n processes behind a load balancer an answer is good up to n times. The two minutes
    bound what that is worth, and the signature what else could be tried.
    """

    code = "proof_of_work"

    def __init__(self, bits: int = BITS) -> None:
        self._bits = bits
        self._lock = threading.Lock()
        self._used: OrderedDict[str, int] = OrderedDict()

    def start(self, host: Host) -> None:
        self._secret = host.secret("proof_of_work")

    def issue(self, subject: str, purpose: str, now_ms: int) -> Puzzle:
        expire_time_ms = now_ms + LIFETIME_MS
        head = _HEAD.pack(self._bits, expire_time_ms, secrets.token_bytes(16))
        token = urlsafe_b64encode(head + self._mac(head, subject, purpose)).decode()
        return Puzzle(token, prompt_of(token, self._bits), expire_time_ms)

    def verify(self, subject: str, purpose: str, token: str, answer: str, now_ms: int) -> bool:
        try:
            raw = urlsafe_b64decode(token.encode())
        except ValueError:
            return False
        # Base64 has several spellings of the same bytes; only the one that was issued is a token, or one could be used twice.
        if len(raw) != _HEAD.size + _MAC_BYTES or urlsafe_b64encode(raw).decode() != token:
            return False
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        if not hmac.compare_digest(mac, self._mac(head, subject, purpose)):
            return False
        bits, expire_time_ms, _ = _HEAD.unpack(head)
        return (
            now_ms < expire_time_ms
            and is_solved(token, answer, bits)
            and self._first_use(token, expire_time_ms, now_ms)
        )

    def _first_use(self, token: str, expire_time_ms: int, now_ms: int) -> bool:
        with self._lock:
            while self._used and (len(self._used) >= USED_MAX or next(iter(self._used.values())) <= now_ms):
                self._used.popitem(last=False)
            if token in self._used:
                return False
            self._used[token] = expire_time_ms
            return True

    def _mac(self, head: bytes, subject: str, purpose: str) -> bytes:
        parts = b"".join(len(part).to_bytes(4) + part for part in (subject.encode(), purpose.encode()))
        return hmac.digest(self._secret, head + parts, "sha256")[:_MAC_BYTES]
