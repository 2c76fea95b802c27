"""Latencies as an HDR histogram: 1 microsecond to 10 minutes at three digits, in constant space, and to be added up over processes."""

from __future__ import annotations

from hdrh.histogram import HdrHistogram

_US_MAX = 600_000_000


class Latencies:
    """`record_s` takes seconds, everything else answers in milliseconds; 0.0 where nothing was recorded."""

    def __init__(self, encoded: str = "") -> None:
        self._histogram = HdrHistogram(1, _US_MAX, 3)
        if encoded:
            self._histogram.decode_and_add(encoded.encode())

    def record_s(self, seconds: float) -> None:
        self._histogram.record_value(min(_US_MAX, max(1, round(seconds * 1e6))))

    def add(self, other: Latencies) -> None:
        self._histogram.add(other._histogram)

    def encoded(self) -> str:
        """In HdrHistogram's own compressed form, which its other tools read, too."""
        return self._histogram.encode().decode()

    @property
    def count(self) -> int:
        return int(self._histogram.get_total_count())

    def percentile_ms(self, share: float) -> float:
        """`share` 0 to 1."""
        return float(self._histogram.get_value_at_percentile(share * 100)) / 1e3 if self.count else 0.0

    def max_ms(self) -> float:
        return float(self._histogram.get_max_value()) / 1e3 if self.count else 0.0
