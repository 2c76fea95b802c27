"""What one process of the load generator is told, and what it tells when it is done; both travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.bench.load.histogram import Latencies
from tests.bench.load.outcomes import Outcomes

Form = Literal["unary", "batch", "stream", "quote", "quick_join"]
Pattern = Literal["closed", "steady", "poisson", "burst"]


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """`goods`: (SKU, activity) pairs that orders take in turn. `name` makes the ids of this run unique.

    form        which call: one order a message, or `batch` of them, or `batch` of them on one stream, or the price of one line, or
                one place in the best group
    groups      ids of groups that orders join in turn; none: they name no group
    pattern     closed: `in_flight` messages under way for `seconds`, or until `messages` were sent. steady, poisson: `rate`
                messages a second for `seconds`, evenly or at random. burst: `messages` at once
    in_flight   in an open loop the most that may be under way; what is due meanwhile waits, and its latency counts
    deadline_s  of each message, from when it is sent
    connections that messages take in turn: an engine of several processes shares its callers out by connection
    timeline    tell of each message when it was due and how long it took
    """

    address: str
    key: str
    goods: list[tuple[str, str]]
    name: str
    form: Form = "batch"
    pattern: Pattern = "closed"
    batch: int = 128
    in_flight: int = 4
    seconds: float = 10.0
    rate: float = 0.0
    messages: int = 0
    deadline_s: float = 60.0
    connections: int = 1
    timeline: bool = False
    groups: list[str] = field(default_factory=list)

    @property
    def orders_per_message(self) -> int:
        return self.batch if self.form in ("batch", "stream") else 1


@dataclass(slots=True)
class LoadResult:
    """`begun_s`: of CLOCK_MONOTONIC, the same for all processes. `seconds`: until the last answer came.

    `latencies`: of messages; `behind`: how late the generator itself sent them. `cpu_s`: what the generator used.
    `timeline`: (due in seconds of CLOCK_MONOTONIC, latency in ms, orders placed) of each message.
    """

    begun_s: float
    seconds: float
    messages: int
    outcomes: Outcomes
    latencies: Latencies
    behind: Latencies
    cpu_s: float = 0.0
    timeline: list[tuple[float, float, int]] = field(default_factory=list)

    @property
    def placed_per_second(self) -> float:
        return self.outcomes.placed / self.seconds if self.seconds else 0.0
