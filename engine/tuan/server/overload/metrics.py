"""How much there is to do, what was refused for it, and which breakers are open, as Prometheus metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge

from tuan.server.overload.admission import Admission

if TYPE_CHECKING:
    from tuan.server.engine import Engine


class OverloadMetrics:
    """Sampled on the event loop, where all of it changes. What was shed is a Gauge that only rises, for it is counted elsewhere."""

    def __init__(self, engine: Engine, admission: Admission, registry: CollectorRegistry) -> None:
        self._engine = engine
        self._admission = admission
        self._in_work = Gauge("tuan_in_work", "Orders and views under way.", registry=registry)
        self._in_work_max = Gauge("tuan_in_work_max", "How many may be under way now.", registry=registry)
        self._queue = Gauge(
            "tuan_queue_delay_seconds", "How long work waited for other work, of late.", registry=registry
        )
        self._lag = Gauge(
            "tuan_record_lag_seconds",
            "Age of the oldest order acknowledged here that is not in SQL.",
            registry=registry,
        )
        self._shed = Gauge(
            "tuan_shed_count",
            "Calls refused with OVERLOADED since the start: views or orders, and why.",
            ("kind", "cause"),
            registry=registry,
        )
        self._breakers = Gauge(
            "tuan_breaker_open",
            "1: the dependency is left alone, after repeated failures.",
            ("name",),
            registry=registry,
        )

    def sample(self) -> None:
        admission = self._admission
        self._in_work.set(admission.in_work)
        self._in_work_max.set(int(admission.limit.limit))
        self._queue.set(admission.limit.queue_s)
        self._lag.set(admission.lag.lag_s())
        for (kind, cause), count in admission.shed.items():
            self._shed.labels(kind, cause).set(count)
        for breaker in self._engine.breakers():
            self._breakers.labels(breaker.name).set(not breaker.closed)
