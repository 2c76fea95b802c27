"""A draw as tests need it, the stand-alone verifier as a module, and a record with one thing changed."""

from __future__ import annotations

import importlib.util
import json
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from tuan_group_buy.draw import Record, Terms, announce, freeze, reveal

SEED = bytes(range(32))
HOUR_MS = 3_600_000


def record_of(entrants: int = 10, prizes: int = 2, seed: bytes = SEED) -> Record:
    """`entrants` members m00, m01 ... complete at 2,000 ms and are drawn an hour later."""
    announced = announce("g1", Terms(prizes, entrants, Fraction(min(prizes, entrants), entrants), HOUR_MS), seed, 1_000)
    frozen = freeze(announced, [f"m{number:02}" for number in range(entrants)], 2_000)
    return reveal(announced, frozen, seed, 2_000 + HOUR_MS)


def as_json(record: Record) -> Any:
    """The published record, to be changed."""
    return json.loads(record.to_bytes())


def to_bytes(document: Any) -> bytes:
    """A changed record as a file."""
    return json.dumps(document).encode()


def stand_alone() -> ModuleType:
    """docs/verify_draw.py."""
    path = Path(__file__).parents[3] / "docs" / "verify_draw.py"
    spec = importlib.util.spec_from_file_location("verify_draw", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
