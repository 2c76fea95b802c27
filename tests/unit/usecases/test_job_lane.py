"""When a lane asks SQL for jobs: never where none can be due or none could be started."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tuan.ports import Job
from tuan.usecases.job_lane import (
    BATCH_LOOK_S,
    BATCH_MAX,
    BATCHED_MAX,
    SINGLE_LOOK_S,
    SINGLE_MAX,
    YOUNG_S,
    JobLane,
)


async def handle(jobs: Sequence[Job]) -> dict[int, Exception | None]:
    return {}


def test_asks_at_once_then_now_and_then_then_when_told() -> None:
    """Goal: the times of the questions. Method: a new lane, one that asked, one that knows of a job, one that was woken."""
    lane = JobLane(["a"])
    assert lane.next_look() == 0
    lane.looked(100)
    assert lane.next_look() == 100 + SINGLE_LOOK_S
    lane.look_by(100.05)
    lane.look_by(500)
    assert lane.next_look() == 100.05
    lane.look_by(0)
    assert lane.next_look() == 0


def test_a_full_lane_asks_for_nothing() -> None:
    """Goal: no question whose answer could not be used. Method: as many running as may; one ends."""
    lane = JobLane(["a"])
    lane.running.update(range(SINGLE_MAX))
    assert (lane.room, lane.next_look()) == (0, math.inf)
    lane.running.pop()
    assert (lane.room, lane.next_look()) == (1, 0)


def test_a_young_batch_gathers_the_next_one() -> None:
    """Goal: what comes during a batch comes as one, and an old batch holds up nothing. Method: its age, its end, and that of an
    earlier one."""
    lane = JobLane(["a"], handle)
    lane.looked(100)
    assert lane.next_look() == 100 + BATCH_LOOK_S
    first = lane.begin_batch(100)
    lane.look_by(0)
    assert lane.next_look() == 100 + YOUNG_S
    second = lane.begin_batch(101)
    lane.end_batch(first)
    assert lane.next_look() == 101 + YOUNG_S
    lane.end_batch(second)
    assert lane.next_look() == 0


def test_the_room_of_a_batch() -> None:
    """Goal: a batch is bounded, and so are all that run at once. Method: room with none, with many, with all running."""
    lane = JobLane(["a"], handle)
    assert lane.room == BATCH_MAX
    lane.running.update(range(BATCHED_MAX - 3))
    assert lane.room == 3
    lane.running.update(range(BATCHED_MAX))
    assert (lane.room, lane.next_look()) == (0, math.inf)
