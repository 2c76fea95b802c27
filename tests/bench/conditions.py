"""Under which conditions all stations of a run measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

#: Messages of 128 orders (an engine takes up to 256), enough of them under way to keep the claims store busy while others are
#: priced. With 64 a message the same engine takes a sixth less: each message costs it some 2 ms, whatever is in it.
BATCH = 128
BATCHES_IN_FLIGHT = 4
LOAD_PROCESSES = 2
UNARY_IN_FLIGHT = 32
#: An open loop bounds nothing that an engine can still be asked for; this only bounds the generator's own memory.
OPEN_IN_FLIGHT_MAX = 4_096
#: Of the peak: where an engine has to be used to, so that its latency says something.
OPEN_LOAD = 0.8


@dataclass(frozen=True, slots=True)
class Conditions:
    """`folder`: for the stores, on a disk. `seconds`: of each measurement. `long`: the sizes of the issue instead of tenths of them.

    `engine`: settings for every engine, such as {"processes": "2"}.
    """

    folder: Path
    seconds: float
    rules: int = 10_000
    long: bool = False
    engine: dict[str, str] = field(default_factory=dict)
