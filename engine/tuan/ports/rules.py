"""Published rule packages, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RuleFile:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A version of a rule package. `ruleset_hash`: SHA-256 of its canonical content, hex.

    `state`: draft, checked, shadow, canary, active, retired. `canary_percent`: of the buyers that a canary prices for.
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


class Rulesets(Protocol):
    def put(self, ruleset: Ruleset, price_rules: Sequence[PriceRule]) -> None:
        """Store it as active and retire the package's previous one."""

    def get(self, ruleset_hash: str) -> Ruleset | None: ...
    def versions(self, package: str | None = None) -> list[Ruleset]: ...
    def in_force(self) -> list[Ruleset]:
        """Those that price orders: active, canary and shadow, with their files."""

    def active_price_rules(self) -> list[PriceRule]: ...
    def revision(self) -> int: ...
