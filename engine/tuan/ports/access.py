"""Who may call, and which requests were made already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`key_hash`: SHA-256 of the secret, hex. `caller`: the application it belongs to. `scopes`: what it may call."""

    key_id: str
    key_hash: str
    caller: str
    scopes: tuple[str, ...]
    active: bool = True


class ApiKeys(Protocol):
    def put(self, key: ApiKey) -> None: ...
    def all(self) -> list[ApiKey]: ...


class Requests(Protocol):
    """The request ids of every write but orders and payments, which have a key of their own. Kept for ever."""

    def claim(self, caller: str, request_id: str, method: str, fingerprint: str) -> bool:
        """True the first time, False for a repeat; REQUEST_ID_REUSED when it was for another method or content."""

    def made(self, caller: str, request_id: str, method: str, fingerprint: str) -> bool:
        """Whether it was claimed before, without claiming it; raises what `claim` does."""
