"""Checks of request fields that every use case and every servicer makes alike; each names the field and says what to send instead."""

from __future__ import annotations

from tuan.domain.errors import InvalidValue

ID_BYTES_MAX = 64
PAGE_SIZE = 100
PAGE_SIZE_MAX = 1_000


def check_id(field: str, value: str, optional: bool = False) -> None:
    """Ids become parts of key names and log lines: printable, bounded, no blanks. Raises InvalidValue."""
    if not value:
        if optional:
            return
        raise InvalidValue(field, "is missing")
    if len(value) > ID_BYTES_MAX or not (value.isascii() or len(value.encode()) <= ID_BYTES_MAX):
        raise InvalidValue(field, f"longer than {ID_BYTES_MAX} bytes")
    # Of all blanks only the space itself counts as printable.
    if not value.isprintable() or " " in value:
        raise InvalidValue(field, "has blanks or control characters; use letters, digits and punctuation")


def page_size(value: int) -> int:
    """0 means 100, more than 1,000 means 1,000. Raises InvalidValue for less than 0."""
    if value < 0:
        raise InvalidValue("page_size", f"{value}; send 1 to {PAGE_SIZE_MAX}, or 0 for {PAGE_SIZE}")
    return min(value, PAGE_SIZE_MAX) or PAGE_SIZE
