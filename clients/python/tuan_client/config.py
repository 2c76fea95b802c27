"""How a client connects, waits, repeats and batches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_LOCAL = re.compile(
    r"^(unix:|unix-abstract:|(dns:///)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)|ipv4:127\.|ipv6:(\[::1\]|%5B::1%5D))"
)


@dataclass(frozen=True, slots=True)
class Tls:
    """Encrypt the connection, and check the server's certificate."""

    root_certificates: bytes | None = None
    """PEM of the authorities to trust; None: those of gRPC."""
    certificate_chain: bytes | None = None
    """PEM of the client's own certificate, where the server asks for one."""
    private_key: bytes | None = None
    """PEM of its key."""
    server_name: str = ""
    """Name to expect in the server's certificate, when it is not the target's."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Everything that a client can be told. Raises ValueError for values that cannot work."""

    target: str
    """`host:port`, `unix:/path`, or any gRPC name."""
    token: str | Callable[[], str] = ""
    """API key or JWT, or a function that returns a fresh one; sent as `authorization: Bearer <token>`."""
    tls: Tls | None = None
    """None: not encrypted."""
    allow_plaintext_token: bool = False
    """Send the token over an unencrypted connection to another machine (in a mesh that encrypts by itself)."""
    deadline_s: float = 5.0
    """Seconds that a call may take, its repetitions included, unless the call says otherwise."""
    attempt_count_max: int = 10
    """How often a call is sent at most."""
    retry_delay_min_s: float = 0.05
    """Wait before the second attempt; doubles each time. What the server asks for takes precedence."""
    retry_delay_max_s: float = 1.0
    """The longest wait between attempts, unless the server asks for more."""
    channel_count: int = 1
    """Connections to spread calls over; one carries some 10,000 messages a second of a Python process."""
    batch_size_max: int = 64
    """Orders, or requests for tickets, that share one message, 1 to 256."""
    batch_wait_ms: float = 1.0
    """How long one of them waits for company per message under way (at most 32 times this), 0 to 100."""
    message_bytes_max: int = 16 * 1024 * 1024
    """Largest answer that is accepted."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("deadline_s", 0.001, 3600),
            ("attempt_count_max", 1, 1000),
            ("channel_count", 1, 64),
            ("batch_size_max", 1, 256),
            ("batch_wait_ms", 0, 100),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}; write a number from {low} to {high}")
        if not self.target:
            raise ValueError("target is empty; write for example localhost:50051")
        if self.token and self.tls is None and not self.allow_plaintext_token and not _LOCAL.match(self.target):
            raise ValueError(
                f"the token would go to {self.target} unencrypted; give tls=Tls(), or allow_plaintext_token=True where the "
                "network encrypts by itself"
            )
