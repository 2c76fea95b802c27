"""A program's terms as the record keeps them, and its arithmetic: whole points, always rounded down when earned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tuan.plugin import (
    CheckedBlock,
    InvalidValue,
    PriceRule,
    PublishContext,
    RuleMoney,
    Text,
    allocate,
    redeemed_counter,
    spread_over_units,
)

VALID_MS_MAX = 100 * 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Program:
    """`earn_minor` earn one point, `worth_minor` is what it pays; `valid_ms` 0: for ever."""

    program_id: str
    ruleset_hash: str
    currency: str
    title: str
    earn_minor: int
    worth_minor: int
    valid_ms: int
    funded_by: str
    start_ms: int
    end_ms: int

    def earned(self, paid_minor: int) -> int:
        """Points for what was paid with money."""
        return max(0, paid_minor) // self.earn_minor

    def spent(self, off_minor: int) -> int:
        """Points that pay for so much; a part of one is a whole one."""
        return -(-off_minor // self.worth_minor)

    @property
    def terms(self) -> dict[str, Any]:
        """What every entry keeps of its program."""
        return {"currency": self.currency, "worth_minor": self.worth_minor, "funded_by": self.funded_by}

    def is_active(self, now_ms: int) -> bool:
        return self.start_ms <= now_ms and (self.end_ms == 0 or now_ms < self.end_ms)

    def expire_time_ms(self, earned_ms: int) -> int:
        return earned_ms + self.valid_ms if self.valid_ms else 0

    def to_config(self) -> dict[str, Any]:
        return asdict(self)


def program_of(rule: PriceRule) -> Program:
    return Program(**{**rule.config, "ruleset_hash": rule.ruleset_hash})


def points_counter(program_id: str, caller: str, buyer: str) -> str:
    """What a buyer has spent, ever; its limit is what came in, ever, less what expired or was taken back."""
    key = hashlib.blake2b(program_id.encode(), digest_size=8).hexdigest()
    return redeemed_counter(f"points/{key}/{caller}/{buyer}")


def share_of_units(
    points: int, offs: Sequence[int], quantities: Sequence[int], units: Sequence[tuple[int, int, int]]
) -> int:
    """Of the points spent on an order, those that paid for `units` (line, first, count), by largest remainder.

    `offs`: what they took off each line; over the lines by that, over a line's units evenly: all units together are all points.
    """
    by_line = allocate(points, offs)
    total = 0
    for line, first, count in units:
        start = 0
        for run, each in spread_over_units(by_line[line], quantities[line]):
            total += each * max(0, min(start + run, first + count) - max(start, first))
            start += run
    return total


def plan_program(block: CheckedBlock, context: PublishContext) -> Program:
    """Raises InvalidValue."""
    values = block.values
    earn, worth, valid_ms, title = (values[name] for name in ("earn", "worth", "valid", "title"))
    for name, money in (("earn", earn), ("worth", worth)):
        if not isinstance(money, RuleMoney) or money.amount_minor < 1:
            raise InvalidValue(name, "write an amount greater than zero, such as ¥1.00")
    if valid_ms is not None and not (isinstance(valid_ms, int) and 1 <= valid_ms <= VALID_MS_MAX):
        raise InvalidValue("valid", "write a duration such as 365d, of at most a hundred years")
    assert isinstance(earn, RuleMoney) and isinstance(worth, RuleMoney)
    start_ms, end_ms = context.windows[0] if context.windows else (0, 0)
    return Program(
        program_id=f"{context.package}/{block.kind}/{block.label}",
        ruleset_hash=context.ruleset_hash,
        currency=context.currency,
        title=title.default if isinstance(title, Text) else block.label,
        earn_minor=earn.amount_minor,
        worth_minor=worth.amount_minor,
        valid_ms=valid_ms if isinstance(valid_ms, int) else 0,
        funded_by=str(values["funded_by"]),
        start_ms=start_ms,
        end_ms=end_ms,
    )
