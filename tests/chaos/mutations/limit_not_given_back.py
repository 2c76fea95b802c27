"""A hold that ends gives its units back, and keeps its buyer's limit used (vendure 3042, saleor 8219)."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"stranded"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line(
        "lib/counters.lua",
        r"(change_counter\(([^,]+), ([^,]+), create_ms, kept - .*, kept\))",
        r"if \3 < 0 then \1 end",
    )
