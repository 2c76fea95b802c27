"""The harness is not blind: each planted bug is found, by the figure that it ought to show in; without it the same campaign is clean."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.chaos import crash
from tests.chaos.campaigns import CAMPAIGNS
from tests.chaos.mutant import BUGS, command, environment, mutation, run
from tests.chaos.verdict import Verdict
from tests.support.folders import data_folder
from tests.support.redis import RedisServer

SEED = 1
TRIES = 6


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as started:
        yield started


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the engine of a campaign."""
    made = data_folder("bug", in_memory=True)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _verdict(bug: str, campaign: str, folder: Path, url: str, seed: int = SEED) -> Verdict:
    with redis.Redis.from_url(url) as client:
        client.flushall()
    shutil.rmtree(folder, ignore_errors=True)
    if campaign == crash.CAMPAIGN:
        return _crash(bug, folder, url, seed)
    return Verdict.from_json(run(bug, campaign, folder, url, seed))


def _crash(bug: str, folder: Path, url: str, seed: int) -> Verdict:
    """kill -9 at a random line of what the engine acknowledges; then a new engine is judged."""
    lines = []
    start = command(bug, crash.LIVE, folder, url, seed)
    with subprocess.Popen(start, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        wanted = random.Random(seed).randint(60, 120)
        for line in process.stdout:
            if line.endswith("\n"):
                lines.append(json.loads(line))
            if len(lines) == wanted:
                process.kill()
    assert len(lines) >= wanted
    return Verdict.from_json(run(bug, crash.JUDGE, folder, url, seed, json.dumps(lines)))


@pytest.mark.parametrize("campaign", [*CAMPAIGNS, crash.CAMPAIGN])
def test_without_a_bug_every_campaign_is_clean(campaign: str, folder: Path, server: RedisServer) -> None:
    """Goal: what the campaigns find are bugs. Method: each of them on the engine as it is shipped."""
    verdict = _verdict("none", campaign, folder, server.url)
    assert verdict.clean and not verdict.findings, verdict.summary()


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, folder: Path, server: RedisServer) -> None:
    """Goal: the judge sees what goes wrong. Method: the bug's own campaign, with the bug in the process; the figures that it must show
    are not 0. A kill, or a race, may miss the moment: it has six tries."""
    planted = mutation(bug)
    for seed in range(SEED, SEED + TRIES):
        verdict = _verdict(bug, planted.CAMPAIGN, folder, server.url, seed)
        blind = {figure for figure in planted.FIGURES if not verdict.counts[figure]}
        if not blind:
            return
    pytest.fail(f"{bug} should show in {blind}: {verdict.summary()}")


def test_there_are_enough_of_them() -> None:
    """Goal: the promise of a dozen bugs. Method: count the modules."""
    assert len(BUGS) >= 12
