"""The plan of price rules: what the compiler generates code and index from. Values only, no source text."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tuan_rules.facts import Counter
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Cap, Give, Schedule, Settlement, Text, VerdictOf, Window

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

    `schedule`: sessions inside the window, in `zone`. `earlier`: it is of a version that is not in force any more (`plan.earlier`), and
    shares its priority with whoever has it.
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
    schedule: Schedule | None = None
    zone: str = "UTC"
    funded_by: str = "merchant"
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What refuses an order before it is priced: one line for which all of `guard` holds is enough.

    `missing`: what a fact does to it that nobody handed over.
    """

    rule_id: str
    guard: tuple[Typed, ...]
    code: str
    message: Text
    missing: str = "refuse"
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """What one level of distributors earns, of the lines for which all of `only` holds."""

    level: int
    rate: Fraction
    only: tuple[Typed, ...] = ()


@dataclass(frozen=True, slots=True)
class CommissionPlan:
    """A commission: `base` is an exact amount of one line, `mode` how what is earned of it is rounded to minor units."""

    rule_id: str
    guard: tuple[Typed, ...]
    base: Typed
    levels: tuple[LevelPlan, ...]
    mode: str
    settle: Settlement
    clawback: str
    cap: Cap | None = None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class RiskPlan:
    """What risk control answers to events where all of `guard` holds, or where a fact of it is missing.

    `affects`: the kinds of blocks for which the answer counts; none: for all.
    """

    rule_id: str
    events: tuple[str, ...]
    guard: tuple[Typed, ...]
    verdict: VerdictOf
    missing: str
    affects: tuple[str, ...] = ()
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """All rules of a package. `counters`: what has to be fetched before they are asked."""

    package: str
    currency: str
    ruleset_hash: str
    rules: tuple[RulePlan, ...]
    stacks: tuple[StackPlan, ...]
    gates: tuple[GatePlan, ...] = ()
    commissions: tuple[CommissionPlan, ...] = ()
    risks: tuple[RiskPlan, ...] = ()
    counters: tuple[Counter, ...] = ()
