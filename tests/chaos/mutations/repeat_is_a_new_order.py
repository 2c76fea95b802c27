"""The script does not look for the key: a repeated request reserves once more."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"duplicated"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line("reserve.lua", r"if known\[.*\] then", "if false then")
