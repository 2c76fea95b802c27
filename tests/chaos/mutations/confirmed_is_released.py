"""A cancellation gives back what was paid a moment before."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"lost"}
CAMPAIGN = "races"


def plant() -> None:
    replace_line(
        "lib/reservations.lua",
        r"elseif (record\S+) ~= State.PENDING then",
        r"elseif \1 ~= State.PENDING and not (\1 == State.CONFIRMED and state == State.RELEASED) then",
    )
