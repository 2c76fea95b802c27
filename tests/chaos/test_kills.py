"""kill -9 of engine, drainer, Redis and PostgreSQL at random points: 50 times in `make test`, 3,000 times in `make chaos`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.chaos.kills import Round, play

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
SEED = int(os.environ.get("TUAN_SEED", "1"))
TRIES = 3
#: Kills per world and worlds. The long form changes worlds often: what piles up in one is not the point.
KILLS, ROUNDS = (50, 20) if LONG else (20, 1)
KILLS_OF_PARTS = KILLS if LONG else 10


@pytest.mark.parametrize(
    "embedded", [True, pytest.param(False, marks=pytest.mark.postgres)], ids=["embedded", "redis-postgres-drainer"]
)
async def test_nothing_acknowledged_is_lost(embedded: bool) -> None:
    """Goal: every acknowledged order is in SQL once, every acknowledged payment has its effect once, the audit is clean. Method: seeded
    kill -9 of one or two processes at a time under load; then settle, and judge by what the buyers and the channel know."""
    for number in range(ROUNDS):
        seed = f"{SEED}-{'e' if embedded else 's'}-{number}"
        if LONG and _is_done(seed):
            continue
        begun = time.monotonic()
        # Where Redis can fail over, orders are acknowledged from SQL; both ways are tried.
        done = await play(seed, KILLS, embedded=embedded, ack="sql" if number % 2 else "aof")
        print(f"\n{seed}: {_line(done)}, {time.monotonic() - begun:.0f} s; {done.verdict.summary()}", flush=True)
        assert done.verdict.clean, f"TUAN_SEED={SEED} {seed}: {_line(done)}\n{done.verdict.summary()}"
        if LONG:
            _keep(seed, done)


@pytest.mark.postgres
async def test_nothing_is_lost_between_processes() -> None:
    """Goal: the same with several processes that are one engine. Method: two that serve on one port and one that drains, under a parent
    that starts again what is killed; the parent itself is not."""
    for number in range(ROUNDS if LONG else 1):
        seed = f"{SEED}-p-{number}"
        if LONG and _is_done(seed):
            continue
        done = await play(seed, KILLS_OF_PARTS, embedded=False, ack="sql" if number % 2 else "aof", processes=2)
        print(f"\n{seed}: {_line(done)}; {done.verdict.summary()}", flush=True)
        assert done.verdict.clean, f"TUAN_SEED={SEED} {seed}: {_line(done)}\n{done.verdict.summary()}"
        if LONG:
            _keep(seed, done)


async def test_the_judge_sees_a_bug_behind_the_front_door() -> None:
    """Goal: this harness is not blind either (test_planted_bugs.py has the others). Method: an engine that drops intents before their
    commit, over a slow disk, is killed twice: orders that it acknowledged are missed. A kill may miss the moment: three tries."""
    for number in range(TRIES):
        done = await play(f"{SEED}-planted-{number}", 2, embedded=True, bug="trimmed_before_commit")
        if done.verdict.counts["lost"]:
            return
    pytest.fail(f"not found in {TRIES} tries: {done.verdict.summary()}")


def _line(done: Round) -> str:
    worst = max(done.down_s, key=lambda item: item[1], default=("", 0.0))
    kills = ", ".join(f"{target} {count}" for target, count in sorted(done.kills.items()))
    return (
        f"{done.kills.total()} kills ({kills}), {done.orders} orders, {done.acknowledgements} acknowledgements, "
        f"longest wait {worst[1]:.1f} s ({worst[0]})"
    )


def _progress() -> Path:
    """Where a long campaign keeps which rounds it has done, so that it can be interrupted; remove it to begin anew."""
    return Path(os.environ.get("TUAN_CAMPAIGN_FILE", "chaos-progress.jsonl"))


def _is_done(seed: str) -> bool:
    try:
        return any(json.loads(line)["seed"] == seed for line in _progress().read_text().splitlines())
    except FileNotFoundError:
        return False


def _keep(seed: str, done: Round) -> None:
    with _progress().open("a") as file:
        file.write(json.dumps({"seed": seed, "kills": done.kills, "down_s": done.down_s, "orders": done.orders}) + "\n")
