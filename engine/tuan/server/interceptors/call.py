"""The call that the current task serves: set by the gate, read by servicers and by whatever logs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from time import perf_counter


@dataclass(slots=True)
class Call:
    """`caller`: the application that the credentials belong to; `buyer`: the one buyer that it may act for, empty: any.

    `until_s`: when the deadline that the client stated is over, by `perf_counter`.
    """

    method: str
    caller: str = ""
    buyer: str = ""
    started_s: float = 0.0
    until_s: float = inf

    def duration_s(self) -> float:
        return perf_counter() - self.started_s


#: Outside a call: nobody.
current_call: ContextVar[Call] = ContextVar("current_call", default=Call(""))  # noqa: B039 - never changed in place
