"""What every servicer works with."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from tuan.server.convert.placing import ResultWriter
from tuan.server.in_flight import InFlight
from tuan.server.interceptors.auth import KeyRing
from tuan.server.interceptors.limits import BuyerLimit, CallLimits
from tuan.server.interceptors.metrics import CallMetrics
from tuan.server.overload.admission import Admission

if TYPE_CHECKING:
    from tuan.server.engine import Engine

T = TypeVar("T")
#: Processes look twice a second for what others changed (catalogue, rules, activities, API keys), and have read it by then.
LOOKED_S = 0.75


class Bench:
    """`shielded`: run a use case to its end even when the call that wants it is cancelled.

    `known_scopes`: those of all methods that are served, plugins' included; filled in once they are known.
    """

    def __init__(
        self, engine: Engine, in_flight: InFlight, metrics: CallMetrics, keys: KeyRing, admission: Admission
    ) -> None:
        self.engine = engine
        self.in_flight = in_flight
        self.shielded = in_flight.shielded
        self.metrics = metrics
        self.keys = keys
        self.admission = admission
        self.limits = CallLimits(engine.settings)
        self.known_scopes: set[str] = set()
        self.results = ResultWriter(engine.settings.payment_window_ms)
        self.buyer_limit = BuyerLimit(engine.settings)
        self._looked_s = LOOKED_S if engine.settings.processes > 1 else 0.0

    async def known_to_all(self, work: Coroutine[Any, Any, T]) -> T:
        """`shielded`, for what every process holds in memory: whoever is answered may call any of them, and finds it changed."""
        result = await self.shielded(work)
        await asyncio.sleep(self._looked_s)
        return result
