"""`python -m tests.bench [OUT=FILE] [SECONDS=10] [REPEAT=3] [ONLY=orders|rules] [RULES=10000]`: medians as a table and as JSON.

`orders` are measured through running engines, `rules` in this process; both are, unless ONLY names one.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.bench import rules_bench, script_bench
from tests.bench.machine import describe
from tests.bench.run import batch_path, unary_vs_echo

#: The figures that the project is judged by; all others explain them.
HEADLINES = (
    "unary_vs_echo", "batch_orders_per_second", "batch_p99_ms", "script_vs_raw", "drain_lag_s_max",
    "rule_us_1000", "rules_vs_best_peer", "quote1_us_10000", "quote_us_10000", "quote_growth_100_to_10000", "explain_ratio",
    "check_s_10000", "compile_s_10000", "compile_cached_s_10000", "cache_load_s_10000", "rules_memory_mb_10000",
)  # fmt: skip
PARTS = ("orders", "rules")


def main(arguments: list[str]) -> int:
    options = {"OUT": "", "SECONDS": "10", "REPEAT": "3", "ONLY": "", "RULES": "10000"}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in options:
            print(
                f"bench: {argument!r} is no option; write OUT=FILE, SECONDS=N, REPEAT=N, RULES=N or ONLY=PART",
                file=sys.stderr,
            )
            return 2
        options[name] = value
    if options["ONLY"] not in ("", *PARTS):
        print(f"bench: there is no part {options['ONLY']!r}; write ONLY={' or ONLY='.join(PARTS)}", file=sys.stderr)
        return 2
    machine = describe()
    print("machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()))
    parts = [options["ONLY"]] if options["ONLY"] else list(PARTS)
    figures = asyncio.run(measure(parts, float(options["SECONDS"]), int(options["REPEAT"]), int(options["RULES"])))
    print(f"{'figure':36} {'min':>12} {'median':>12} {'max':>12}")
    for name in sorted(figures, key=lambda name: (name not in HEADLINES, name)):
        values = figures[name]
        mark = "*" if name in HEADLINES else " "
        print(f"{mark} {name:34} {min(values):>12,.3f} {statistics.median(values):>12,.3f} {max(values):>12,.3f}")
    medians = {name: statistics.median(values) for name, values in figures.items()}
    report = {"machine": machine, "options": options, "medians": medians, "runs": figures}
    print(json.dumps(medians))
    if options["OUT"]:
        Path(options["OUT"]).parent.mkdir(parents=True, exist_ok=True)
        Path(options["OUT"]).write_text(json.dumps(report, indent=2) + "\n")
        print(f"written to {options['OUT']}")
    return 0


async def measure(parts: list[str], seconds: float, repeat: int, rules: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = defaultdict(list)
    for number in range(repeat):
        found: list[dict[str, float]] = []
        if "orders" in parts:
            with tempfile.TemporaryDirectory(prefix="tuan-bench-") as folder:
                found += [
                    await unary_vs_echo(Path(folder), seconds),
                    await batch_path(Path(folder), seconds, "aof"),
                    await batch_path(Path(folder), seconds, "sql"),
                    await asyncio.to_thread(script_bench.measure, 64, seconds / 2),
                ]
        if "rules" in parts:
            found.append(rules_bench.measure(rules))
        for part in found:
            for name, value in part.items():
                figures[name].append(float(value))
        print(f"run {number + 1} of {repeat} done")
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
