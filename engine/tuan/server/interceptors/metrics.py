"""What is counted of calls and orders; `tuan.server.telemetry` adds the engine's own state and serves it all.

Plain numbers, because everything is counted on the event loop: prometheus_client's own counters lock and cost 4 µs a call. A
scrape comes in another thread and may read a figure of one call more in one place than in another, which no graph shows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

#: From a fast unary call to the longest default deadline.
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class _Durations:
    """Counts per bucket (the last one open) and their sum."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS_S) + 1)
        self.sum_s = 0.0

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative, as Prometheus wants them."""
        names = [*map(str, _BOUNDS_S), "+Inf"]
        total, rows = 0, []
        for name, count in zip(names, list(self.counts), strict=True):
            total += count
            rows.append((name, float(total)))
        return rows


class CallMetrics(Collector):
    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._durations: defaultdict[str, _Durations] = defaultdict(_Durations)
        self._streams: defaultdict[str, int] = defaultdict(int)
        self._orders: defaultdict[str, int] = defaultdict(int)
        registry.register(self)

    def ended(self, method: str, status: str, duration_s: float | None) -> None:
        """`duration_s` None for streams, whose length says nothing."""
        self._calls[method, status] += 1
        if duration_s is not None:
            durations = self._durations[method]
            durations.counts[bisect_left(_BOUNDS_S, duration_s)] += 1
            durations.sum_s += duration_s

    def stream_opened(self, method: str) -> None:
        self._streams[method] += 1

    def stream_closed(self, method: str) -> None:
        self._streams[method] -= 1

    def order(self, outcome: str, count: int = 1) -> None:
        """`outcome`: placed, replayed, a kind of refusal, or an error reason in lower case."""
        self._orders[outcome] += count

    def collect(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "tuan_calls", "Calls that have ended, by method and gRPC status.", labels=("method", "status")
        )
        for (method, status), count in list(self._calls.items()):
            calls.add_metric((method, status), count)
        yield calls
        seconds = HistogramMetricFamily(
            "tuan_call_seconds", "Duration of unary calls in the server.", labels=("method",)
        )
        for method, durations in list(self._durations.items()):
            seconds.add_metric((method,), durations.buckets(), durations.sum_s)
        yield seconds
        streams = GaugeMetricFamily("tuan_streams", "Streams that are open.", labels=("method",))
        for method, count in list(self._streams.items()):
            streams.add_metric((method,), count)
        yield streams
        orders = CounterMetricFamily(
            "tuan_orders", "Orders tried: placed, replayed, a refusal or an error reason.", labels=("outcome",)
        )
        for outcome, count in list(self._orders.items()):
            orders.add_metric((outcome,), count)
        yield orders
