"""One wrong request: what is wrong with it, and the reason that the documents promise for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.api.world import World


@dataclass(frozen=True)
class Case:
    """`field`: path that BadRequest and metadata must name. `theirs`: asked by the other application."""

    method: str
    what: str
    make: Callable[[World], Any]
    reason: str = "INVALID_FIELD"
    field: str = ""
    theirs: bool = False

    def __str__(self) -> str:
        return f"{self.method}-{self.what}"


LONG = "x" * 65
BLANK = "two words"
CONTROL = "a\x00b"
#: Not a UUID's text, and known to nobody.
NOBODY = "no-such-thing"


def ids(method: str, field: str, make: Callable[[World, str], Any], optional: bool = False) -> list[Case]:
    """A field that is an id: missing, too long, with a blank, with a control character."""
    wrong = {"oversized": LONG, "blank": BLANK, "control": CONTROL, "bytes": "汉" * 22}
    if not optional:
        wrong["missing"] = ""
    return [
        Case(method, f"{field}-{name}", lambda world, value=value: make(world, value), field=field)  # type: ignore[misc]
        for name, value in wrong.items()
    ]


def pages(method: str, make: Callable[[World, dict[str, Any]], Any]) -> list[Case]:
    """A list: a negative page size, and tokens that are none of its own."""
    return [
        Case(method, "page_size-negative", lambda world: make(world, {"page_size": -1}), field="page_size"),
        Case(method, "page_token-unknown", lambda world: make(world, {"page_token": "abc"}), "PAGE_TOKEN_INVALID"),
        Case(
            method,
            "page_token-oversized",
            lambda world: make(world, {"page_token": "A" * 5_000}),
            "PAGE_TOKEN_INVALID",
        ),
        Case(
            method,
            "page_token-foreign",
            lambda world: make(world, {"page_token": world.page_token}),
            "PAGE_TOKEN_INVALID",
        ),
    ]
