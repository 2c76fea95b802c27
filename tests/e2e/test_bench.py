"""`make bench`, in its short form: it runs, checks itself and writes what it promises. Speed is never judged here."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.commands import run

RULES = (
    "rule_us_1000", "quote1_us_400", "quote_us_400", "quote_growth_100_to_400", "explain_ratio", "compile_s_400",
    "compile_cached_s_400", "check_s_400", "cache_load_s_400", "rules_memory_mb_400",
)  # fmt: skip
HEADLINES = ("unary_vs_echo", "batch_orders_per_second", "batch_p99_ms", "script_vs_raw", "drain_lag_s_max")


def test_bench_writes_its_figures(tmp_path: Path) -> None:
    """Goal: the bench is there and honest. Method: one second of each measurement (each audits itself), then read the JSON."""
    out = tmp_path / "bench.json"
    done = run("tests.bench", "SECONDS=1", "REPEAT=1", "ONLY=orders", f"OUT={out}", timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert report["machine"]["cores"]
    for name in HEADLINES:
        assert name in report["medians"]
        assert report["medians"][name] >= 0
    assert report["medians"]["batch_orders_per_second"] > 0


def test_bench_of_rules_writes_its_figures(tmp_path: Path) -> None:
    """Goal: the rules' part is there and honest. Method: 400 rules, then the JSON; whoever is installed beside has to agree."""
    out = tmp_path / "bench.json"
    done = run("tests.bench", "REPEAT=1", "ONLY=rules", "RULES=400", f"OUT={out}", timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    medians = json.loads(out.read_text())["medians"]
    assert all(medians[name] > 0 for name in RULES)
    assert ("rules_vs_best_peer" in medians) or done.stdout.count("not measured") == 5


def test_a_part_that_there_is_not_is_named() -> None:
    """Goal: no misspelt part measures everything. Method: misspell one."""
    done = run("tests.bench", "ONLY=rule")
    assert done.returncode == 2
    assert "ONLY=rules" in done.stderr


def test_a_misspelt_option_is_named() -> None:
    """Goal: no option is ignored silently. Method: misspell one."""
    done = run("tests.bench", "SECOND=1")
    assert done.returncode == 2
    assert "SECONDS=N" in done.stderr
