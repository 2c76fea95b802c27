"""The plan of price rules: what the compiler generates code and index from. Values only, no source text."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_rules.typing.tree import Typed
from tuan_rules.values import Cap, Daily, Give, Window

#: Their fixed order. `gate`, `clamp` and `commission` have no stacks: a gate refuses before, the others come of the result.
PHASES = ("price_source", "line_discount", "order_discount", "shipping", "tender")


@dataclass(frozen=True, slots=True)
class StackPlan:
    """How rules combine. Stacks of one name in several packages are one stack, and have to say the same."""

    name: str
    phase: str
    scope: str
    pick: str
    base: str
    limit: int | None = None
    cap_minor: int | None = None
    priority: int = 0
    exclusive_with: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RoundingPlan:
    """`unit_minor`: the smallest step of a price. `each_step` False: a line is rounded once, after its last step."""

    unit_minor: int = 1
    mode: str = "half_up"
    each_step: bool = True


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """The most that rules take off in all orders together; whether there is any left is known when an order claims it."""

    budget_id: str
    amount_minor: int
    on_exceed: str


@dataclass(frozen=True, slots=True)
class RulePlan:
    """One price rule. `guard`: conditions that must all hold (the conjuncts of `on` and `when`); `window` None: always.

    `schedule`: sessions inside the window, in `zone`.
    """

    rule_id: str
    package: str
    kind: str
    label: str
    stack: str
    priority: int
    guard: tuple[Typed, ...]
    give: Give
    rounding: RoundingPlan
    cap: Cap | None = None
    floor: Typed | None = None
    budgets: tuple[BudgetPlan, ...] = ()
    window: Window | None = None
    schedule: Daily | None = None
    zone: str = "UTC"
    funded_by: str = "merchant"


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """All price rules of a package."""

    package: str
    currency: str
    ruleset_hash: str
    rules: tuple[RulePlan, ...]
    stacks: tuple[StackPlan, ...]
