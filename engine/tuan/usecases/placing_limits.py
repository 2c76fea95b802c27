"""What an engine is told about placing orders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlacingLimits:
    """`hold_ms`: how long an unpaid order keeps what it reserved. `ack_sql`: answer only after the SQL commit.

    `undrained_max`: orders of a shard that SQL may lack before new ones are asked to wait. `plugins_deadline_ms`: how long the
    plugins of one batch may take together; the one whose turn it is when the time is up is charged.
    """

    hold_ms: int
    ack_sql: bool
    undrained_max: int
    plugins_deadline_ms: int
