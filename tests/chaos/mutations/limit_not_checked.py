"""Limits are counted and never refused (litemall 581: 64 requests for one coupon, 36 succeed)."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"over_limit"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line("lib/limits.lua", r"if quantity > .* then", "if false then")
