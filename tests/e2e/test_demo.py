"""`make demo`, with fewer buyers."""

from __future__ import annotations

import re

from tests.e2e.commands import run


def test_demo_ends_with_a_clean_audit() -> None:
    """Goal: the main job holds from end to end, kill -9 and the groups that follow included. Method: 1,600 buyers, then the exact last
    line and status 0; groups of both fates, and a draw that is verified.
    """
    done = run("tuan.server", "demo", "--buyers", "1600", timeout_s=170)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.strip().splitlines()
    assert lines[-1] == "audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0"
    assert any("kill -9" in line for line in lines), "the engine was not killed in the middle"
    assert any(line.startswith("units sold") for line in lines)
    [groups] = [line for line in lines if line.startswith("groups")]
    completed, failed = re.findall(r"(\d+) (?:completed|ran out of time)", groups)
    assert int(completed) and int(failed), groups
    [lottery] = [line for line in lines if line.startswith("lottery  ")]
    assert lottery.endswith("tuan verify-draw: right")
