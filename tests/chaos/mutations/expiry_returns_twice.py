"""An expired hold is given back twice."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line

FIGURES = {"oversold"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line("expire.lua", r"(return_claims\(.*\))", r"\1 \1")
