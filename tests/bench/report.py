"""Figures of all repetitions as a table, as JSON and as a picture."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.found import Curve, Found
from tests.bench.picture import draw

#: The figures that the project is judged by; all others explain them.
HEADLINES = (
    "batch_orders_per_second", "batch_p99_ms", "batch_orders_per_second_within_65_ms", "drain_lag_s", "drain_lag_s_max",
    "batch_sql_postgres_orders_per_second", "unary_vs_echo", "script_vs_raw", "redis_bytes_per_reservation",
    "group_joins_per_second", "quick_join_p99_ms", "group_completion_s",
    "hot_sold", "hot_answered", "hot_p99_ms", "overload_goodput_vs_peak", "overload_recovery_s",
    "batch_vs_sql_way", "batch_vs_oscar", "batch_vs_vendure",
    "rule_us_1000", "rules_vs_best_peer", "quote1_us_10000", "quote_us_10000", "quote_growth_100_to_10000", "explain_ratio",
    "check_s_10000", "compile_s_10000", "compile_cached_s_10000", "cache_load_s_10000", "rules_memory_mb_10000",
)  # fmt: skip
#: (figure, of, over): what is left of the bare claims script in a whole engine with gRPC, prices, drain and the load generator beside
#: it, and how far the peers of the same run are away.
RATIOS = (
    ("script_vs_raw", "batch_orders_per_second", "raw_reservations_per_second"),
    ("batch_vs_sql_way", "batch_orders_per_second", "pgbench_orders_per_second"),
    ("batch_vs_oscar", "batch_orders_per_second", "oscar_orders_per_second"),
    ("batch_vs_vendure", "batch_orders_per_second", "vendure_orders_per_second"),
)


@dataclass(slots=True)
class Report:
    """`runs`: values by figure, one per repetition. `failed`: what went wrong, by station."""

    runs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    curves: list[Curve] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, found: Found) -> None:
        for name, value in found.figures.items():
            self.runs[name].append(float(value))
        self.curves += found.curves

    def add_ratios(self) -> None:
        """Of each repetition: both were taken within minutes."""
        for name, of, over in RATIOS:
            self.runs[name] += [
                a / b for a, b in zip(self.runs.get(of, ()), self.runs.get(over, ()), strict=False) if b
            ]
            if not self.runs[name]:
                del self.runs[name]

    def medians(self) -> dict[str, float]:
        return {name: statistics.median(values) for name, values in self.runs.items()}

    def table(self) -> str:
        lines = [f"{'figure':46} {'min':>12} {'median':>12} {'max':>12}"]
        for name in sorted(self.runs, key=lambda name: (name not in HEADLINES, name)):
            values = self.runs[name]
            mark = "*" if name in HEADLINES else " "
            lines.append(
                f"{mark} {name:44} {min(values):>12,.3f} {statistics.median(values):>12,.3f} {max(values):>12,.3f}"
            )
        return "\n".join(lines)

    def write(self, path: Path, **about: Any) -> list[Path]:
        """JSON, and beside it an SVG of the curves where there are some."""
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            **about, "medians": self.medians(), "runs": self.runs, "failed": self.failed,
            "curves": [asdict(curve) for curve in self.curves],
        }  # fmt: skip
        path.write_text(json.dumps(told, indent=2, default=str) + "\n", encoding="utf-8")
        if not self.curves:
            return [path]
        picture = path.with_suffix(".svg")
        picture.write_text(draw(self.curves), encoding="utf-8")
        return [path, picture]
