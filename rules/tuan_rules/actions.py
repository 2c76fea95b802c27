"""Actions: what can be done for somebody, beside `credit`, `points`, `grant`, `gift` and `refund`, as plugins declare it."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_rules.aliases import Alias
from tuan_rules.schema import Field

#: Actions of the language itself, whose names are taken, and how each is written.
BUILT_IN = {
    "credit": "credit(¥2.00)",
    "points": "points(100)",
    "grant": 'grant(coupon "care-5")',
    "refund": "refund(route: original)",
    "gift": 'gift("S1001", qty: 1)',
}


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a rule can have done: `raffle_ticket(3)`. Fields of type `ACTIONS(..., rewards=True)` take it.

    `parameters` are given by position or by name, and typed like fields of a block; references among them must name blocks that exist.
    The value in a checked block is `ActionOf(name, arguments)`, which is data: who does it is the engine's affair.
    """

    name: str
    doc: str
    parameters: tuple[Field, ...] = ()
    example: str = ""
    aliases: tuple[Alias, ...] = ()

    @property
    def usage(self) -> str:
        """How it is written: its example, or its name with an example of each parameter."""
        inside = ", ".join(parameter.example or parameter.name for parameter in self.parameters)
        return self.example or f"{self.name}({inside})"
