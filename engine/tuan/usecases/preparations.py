"""What promotions precompute for the hot calls: once for each config, and again only where it failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog

from tuan.domain.errors import TuanError
from tuan.plugin import Plugin, PromotionType
from tuan.registry import Registry
from tuan.supervisor import Supervisor

log = structlog.get_logger()


class _Known(NamedTuple):
    config: dict[str, Any]
    promotion: PromotionType
    prepared: Any


@dataclass(frozen=True, slots=True)
class Prepared:
    """By id of an activity or a rule: its promotion with what that made of the config; or the plugin that could not."""

    found: dict[str, tuple[PromotionType, Any]] = field(default_factory=dict)
    faults: dict[str, Plugin] = field(default_factory=dict)


class Preparations:
    """Remembers what was prepared. A snapshot is renewed whenever stock moves, and a call of a plugin that comes too late on a busy
    machine must not take a sale away that was prepared long ago.
    """

    def __init__(self, registry: Registry, supervisor: Supervisor) -> None:
        self._registry = registry
        self._supervisor = supervisor
        self._known: dict[str, _Known] = {}

    async def of(self, wanted: Iterable[tuple[str, str, dict[str, Any]]]) -> Prepared:
        """`wanted`: id, code of the promotion, config. Ids of promotions that are not installed are in neither part of the answer."""
        known: dict[str, _Known] = {}
        faults: dict[str, Plugin] = {}
        for what, code, config in wanted:
            promotion = self._registry.promotions.get(code)
            if promotion is None:
                log.warning("promotion_not_installed", wanted_by=what)
                continue
            before = self._known.get(what)
            if before is not None and before.promotion is promotion and before.config == config:
                known[what] = before
                continue
            try:
                prepared = await self._supervisor.call(promotion, promotion.prepare, config)
            except TuanError as error:
                # Also one that the plugin raised itself: what it could not prepare is out of use, the rest goes on.
                log.warning("activity_not_prepared", wanted_by=what, error=error.message)
                faults[what] = promotion
            else:
                known[what] = _Known(config, promotion, prepared)
        self._known = known
        return Prepared({what: (each.promotion, each.prepared) for what, each in known.items()}, faults)
