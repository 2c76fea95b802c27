"""Published rule packages, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tuan.domain.ruleset import Stage


@dataclass(frozen=True, slots=True)
class RuleFile:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A version of a rule package. `ruleset_hash`: SHA-256 of its canonical content, hex.

    `state`: draft, checked, shadow, canary, active, retired. `canary_percent`: of the buyers that a canary prices for.
    `activate_time_ms`: when it last became active; 0 for one that never was.
    """

    ruleset_hash: str
    package: str
    version: str
    files: tuple[RuleFile, ...]
    state: str
    publish_time_ms: int
    canary_percent: int = 0
    activate_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price rule of a published block; `config` is the plugin's own data. Window [start_time_ms, end_time_ms), 0 unbounded."""

    rule_id: str
    promotion: str
    ruleset_hash: str
    config: dict[str, Any]
    start_time_ms: int = 0
    end_time_ms: int = 0
    skus: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True)
class PastRule:
    """A price rule of a ruleset that was active. `retire_time_ms`: when the next one of its package became so; 0 where none did."""

    rule: PriceRule
    retire_time_ms: int


@dataclass(frozen=True, slots=True)
class ShadowTotals:
    """What a shadow made of placed orders in one currency: how many, how many of them cheaper and dearer, and the money.

    `failed`: could not be priced. `dropped`: not priced, because orders came faster than the shadow could follow. Neither is
    among `orders`, nor in the sums.
    """

    ruleset_hash: str
    currency: str
    orders: int = 0
    cheaper: int = 0
    dearer: int = 0
    failed: int = 0
    dropped: int = 0
    live_minor: int = 0
    shadow_minor: int = 0
    update_time_ms: int = 0


class Rulesets(Protocol):
    def add(self, ruleset: Ruleset) -> Ruleset:
        """Store a version in the state that it names, unless it is there; as it is stored now."""

    def put_price_rules(self, ruleset_hash: str, rules: Sequence[PriceRule]) -> None:
        """In place of those that it had."""

    def begin_change(self, revision: int) -> bool:
        """The first statement of a change of stages: False when somebody else has changed them since `revision` was read.

        Until this transaction ends nobody else gets past it, so what was judged good of the rulesets in force still is.
        """

    def move(self, ruleset_hash: str, target: Stage, time_ms: int, canary_percent: int = 0) -> Ruleset:
        """Another stage; RULESET_STATE_CONFLICT where there is no such edge. Becoming active retires the package's previous one.

        Totals of a shadow begin anew each time that it becomes one.
        """

    def get(self, ruleset_hash: str) -> Ruleset | None: ...
    def versions(self, package: str | None = None, states: Sequence[Stage] = ()) -> list[Ruleset]:
        """Newest first; of all packages, in any state."""

    def in_force(self) -> list[Ruleset]:
        """Those that price orders: active, canary and shadow, with their files."""

    def active_price_rules(self) -> list[PriceRule]: ...
    def past_price_rules(self, promotions: Collection[str]) -> list[PastRule]:
        """Those of retired rulesets, of these promotions."""

    def put_sets(self, sets: Mapping[str, tuple[str, ...]]) -> None:
        """Remember which rulesets a set hash stands for; known ones stay."""

    def members(self, name: str) -> tuple[str, ...]:
        """The rulesets that an order's `ruleset_hash` names: of a set its members, of a ruleset that one, else none."""

    def add_shadow_totals(self, totals: Sequence[ShadowTotals]) -> None:
        """Added to what is there; of a ruleset that is no shadow any more they are forgotten."""

    def shadow_totals(self, ruleset_hash: str) -> list[ShadowTotals]:
        """By currency."""

    def revision(self) -> int: ...
