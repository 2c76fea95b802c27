"""`make bench`, in its short form: it runs, checks itself and writes what it promises. Speed is never judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.books import Wrong
from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.parts import GROUPS, Station
from tests.bench.peers.missing import NotHere
from tests.e2e.commands import run

RULES = (
    "rule_us_1000", "quote1_us_400", "quote_us_400", "quote_growth_100_to_400", "explain_ratio", "compile_s_400",
    "compile_cached_s_400", "check_s_400", "cache_load_s_400", "rules_memory_mb_400",
)  # fmt: skip
#: Together the part `orders`; apart, so that each has its time.
ORDERS = {
    "unary": ("unary_vs_echo",),
    "batch,raw": (
        "batch_orders_per_second",
        "batch_p99_ms",
        "batch_open_p99_ms",
        "drain_lag_s",
        "drain_lag_s_max",
        "script_vs_raw",
        "redis_bytes_per_reservation",
    ),
    "batch_sql": ("batch_sql_orders_per_second",),
}


@pytest.mark.parametrize("parts", ORDERS)
def test_bench_writes_its_figures(tmp_path: Path, parts: str) -> None:
    """Goal: the bench is there and honest. Method: one second of each measurement (each audits itself), then read the JSON."""
    out = tmp_path / "bench.json"
    done = run("tests.bench", "SECONDS=1", "REPEAT=1", f"ONLY={parts}", f"OUT={out}", timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert report["machine"]["cores"]
    assert report["failed"] == []
    for name in ORDERS[parts]:
        assert name in report["medians"]
        assert report["medians"][name] >= 0
    if "raw" in parts:
        assert report["medians"]["batch_orders_per_second"] > 0


def test_orders_are_what_is_tested_here() -> None:
    """Goal: no part of `orders` is left out above. Method: compare with the bench's own list."""
    assert sorted(GROUPS["orders"]) == sorted(part for parts in ORDERS for part in parts.split(","))


def test_a_station_that_finds_something_wrong_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Goal: no figures without correct books. Method: a station that has lost an order beside one that has not, and one not to be had."""

    async def lost(conditions: Conditions) -> Found:
        raise Wrong("lost: 10 acknowledged, 9 taken")

    async def kept(conditions: Conditions) -> Found:
        return Found({"kept": 1.0})

    async def missing(conditions: Conditions) -> Found:
        raise NotHere("no such engine; pip install one")

    stations = [Station("lost", lost), Station("kept", kept), Station("missing", missing)]
    monkeypatch.setattr(bench, "chosen", lambda only: stations)
    out = tmp_path / "bench.json"
    assert bench.main(["REPEAT=2", f"OUT={out}"]) == 1
    report = json.loads(out.read_text())
    assert report["runs"] == {"kept": [1.0, 1.0]}, "the others are measured all the same"
    assert report["failed"] == ["lost: Wrong: lost: 10 acknowledged, 9 taken"] * 2
    stations.remove(stations[0])
    assert bench.main(["REPEAT=1"]) == 0, "what cannot be had is told, and fails nothing"


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
