"""Two sides of a book compared: nothing that differs is left out, nothing that agrees is named."""

from __future__ import annotations

from tuan.ports import Mismatch


def test_each_difference_is_named_once() -> None:
    """Goal: an audit sees what is on one side alone. Method: equal, unequal, on either side alone, and nothing on both."""
    expected = {"same": 3, "less": 3, "gone": 3, "zero": 0}
    found = {"same": 3, "less": 2, "new": -1, "none": 0}
    assert Mismatch.between(expected, found) == [Mismatch("gone", 3, 0), Mismatch("less", 3, 2), Mismatch("new", 0, -1)]
    assert Mismatch.between(found, found) == []
