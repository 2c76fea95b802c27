"""A transfer of what is left says that it took one unit less than it did: the unit is in neither shard."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"stranded"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line(
        "restock.lua",
        r"return granted\(nil, sequence, delta,",
        "return granted(nil, sequence, clip and delta < 0 and delta + 1 or delta,",
    )
