"""A sale's settings as an activity keeps them: JSON in the record, a frozen value with everything precomputed in the hot calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from tuan.plugin import (
    SUBJECTS,
    Attempt,
    InvalidValue,
    Limit,
    PriceAction,
    Rounding,
    RuleMoney,
    SubjectLimit,
    round_minor,
)


@dataclass(frozen=True)
class Sale:
    """`skus` in the order of the catalogue; times in milliseconds; `hold_ms` None: the engine's own."""

    skus: tuple[str, ...]
    price: PriceAction
    limits: tuple[SubjectLimit, ...]
    warm_up_ms: int
    challenge: str
    ticket: bool
    hold_ms: int | None
    _prices: dict[int, int] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def goods(self) -> frozenset[str]:
        return frozenset(self.skus)

    def unit_minor(self, list_minor: int) -> int:
        """Price of one unit, rounded half up, never above the list price and never below zero.

        Memoised by list price: a session has a handful of them, and a Fraction costs 2 µs, half of what an order may cost here.
        """
        known = self._prices.get(list_minor)
        if known is None:
            exact = min(max(self.price.price_of(list_minor), Fraction(0)), Fraction(list_minor))
            known = self._prices[list_minor] = round_minor(exact, Rounding.HALF_UP)
        return known

    def require_subjects(self, attempt: Attempt) -> None:
        """Raises InvalidValue for an id without which a limit cannot be kept."""
        for limit in self.limits:
            if not getattr(attempt, limit.subject):
                raise InvalidValue(
                    SUBJECTS[limit.subject],
                    f"is missing; this sale limits purchases per {limit.subject}, send the {limit.subject}'s pseudonym",
                )

    def limit_per(self, subject: str) -> int:
        """The tightest number of units for a subject; 0: no limit."""
        return min((limit.quantity for limit in self.limits if limit.subject == subject), default=0)

    def to_config(self) -> dict[str, Any]:
        """Plain JSON data; ratios as numerator and denominator."""
        money, ratio = self.price.money, self.price.ratio
        return {
            "skus": list(self.skus),
            "price": {
                "kind": self.price.kind,
                "amount_minor": money.amount_minor if money else None,
                "currency": money.currency if money else None,
                "ratio": [ratio.numerator, ratio.denominator] if ratio is not None else None,
            },
            "limits": [[limit.subject, limit.quantity, limit.window_ms] for limit in self.limits],
            "warm_up_ms": self.warm_up_ms,
            "challenge": self.challenge,
            "ticket": self.ticket,
            "hold_ms": self.hold_ms,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sale:
        price = config["price"]
        money = RuleMoney(price["amount_minor"], price["currency"]) if price["amount_minor"] is not None else None
        ratio = Fraction(*price["ratio"]) if price["ratio"] else None
        return cls(
            skus=tuple(config["skus"]),
            price=PriceAction(price["kind"], money, ratio),
            limits=tuple(SubjectLimit(*limit) for limit in config["limits"]),
            warm_up_ms=config["warm_up_ms"],
            challenge=config["challenge"],
            ticket=config["ticket"],
            hold_ms=config["hold_ms"],
        )


def sale_limits(limits: Sequence[Limit]) -> tuple[SubjectLimit, ...]:
    """Raises InvalidValue for a subject that orders do not have, or one that is limited twice in the same way."""
    found: dict[tuple[str, int], SubjectLimit] = {}
    for limit in limits:
        if limit.subject not in SUBJECTS:
            raise InvalidValue("limit", f"per {limit.subject} is not known; write per {', per '.join(SUBJECTS)}")
        window_ms = limit.window_ms or 0
        if (limit.subject, window_ms) in found:
            raise InvalidValue(
                "limit", f"per {limit.subject} stands twice with the same window; keep the one that is meant"
            )
        found[limit.subject, window_ms] = SubjectLimit(limit.subject, limit.quantity, window_ms)
    return tuple(found.values())
