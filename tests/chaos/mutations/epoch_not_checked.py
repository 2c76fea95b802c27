"""The scripts serve whoever asks, of whatever epoch: a failover to a stale Redis goes unnoticed."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"lost"}
CAMPAIGN = "failover"


def plant() -> None:
    replace_line("lib/shard.lua", r"elseif ARGV\[1\] ~= '' and .* ~= ARGV\[1\] then", "elseif false then")
