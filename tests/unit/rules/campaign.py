"""How many examples a property tries: few in every run of the tests, many in a campaign (`TUAN_CAMPAIGN=long`)."""

from __future__ import annotations

import os

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"


def examples(short: int, long: int) -> int:
    """The number for this run."""
    return long if LONG else short
