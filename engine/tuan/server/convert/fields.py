"""Checks of request fields that no use case makes; each names the field's path and says what to send instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from tuan.domain.errors import InvalidValue
from tuan.domain.fields import check_id

State = TypeVar("State", bound=StrEnum)

KINDS_MAX = 64
STATES_MAX = 64


def required_id(field: str, value: str) -> str:
    check_id(field, value)
    return value


def optional_id(field: str, value: str) -> str:
    check_id(field, value, optional=True)
    return value


def check_count(field: str, count: int, count_max: int, count_min: int = 1) -> None:
    """The number of entries of a repeated field."""
    if not count_min <= count <= count_max:
        raise InvalidValue(field, f"{count} entries; send {count_min} to {count_max}")


def check_range(field: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise InvalidValue(field, f"{value}; send {least} to {most}")
    return value


def states(field: str, numbers: Sequence[int], known: Mapping[int, State]) -> tuple[State, ...]:
    """A filter; `..._UNSPECIFIED` (0) among them, or none at all, means any."""
    check_count(field, len(numbers), STATES_MAX, 0)
    for index, number in enumerate(numbers):
        if number and number not in known:
            raise InvalidValue(f"{field}[{index}]", f"{number} is no state; send one that the enum lists")
    return () if 0 in numbers else tuple(known[number] for number in dict.fromkeys(numbers))


def event_kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    check_count("kinds", len(kinds), KINDS_MAX, 0)
    return tuple(required_id(f"kinds[{index}]", kind) for index, kind in enumerate(kinds))
