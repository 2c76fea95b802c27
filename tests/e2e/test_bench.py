"""`make bench`, in its short form: it runs, checks itself and writes what it promises. Speed is never judged here."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.commands import run

HEADLINES = ("unary_vs_echo", "batch_orders_per_second", "batch_p99_ms", "script_vs_raw", "drain_lag_s_max")


def test_bench_writes_its_figures(tmp_path: Path) -> None:
    """Goal: the bench is there and honest. Method: one second of each measurement (each audits itself), then read the JSON."""
    out = tmp_path / "bench.json"
    done = run("tests.bench", "SECONDS=1", "REPEAT=1", f"OUT={out}", timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert report["machine"]["cores"]
    for name in HEADLINES:
        assert name in report["medians"]
        assert report["medians"][name] >= 0
    assert report["medians"]["batch_orders_per_second"] > 0


def test_a_misspelt_option_is_named() -> None:
    """Goal: no option is ignored silently. Method: misspell one."""
    done = run("tests.bench", "SECOND=1")
    assert done.returncode == 2
    assert "SECONDS=N" in done.stderr
