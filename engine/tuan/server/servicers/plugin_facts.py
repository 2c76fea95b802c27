"""What an operator is told of the installed plugins: their kind and the version of their distribution."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, packages_distributions, version

import tuan
from tuan.plugin import Challenge, Notifier, PaymentGateway, Plugin, PromotionType, RewardKind, RiskChecker
from tuan.registry import Registry

_KINDS: tuple[tuple[type[Plugin], str], ...] = (
    (PromotionType, "promotion"),
    (RiskChecker, "risk"),
    (PaymentGateway, "gateway"),
    (Notifier, "notifier"),
    (RewardKind, "reward"),
    (Challenge, "challenge"),
)


def plugin_facts(registry: Registry) -> list[tuple[Plugin, str, str]]:
    """(plugin, kind, version), by code; read once at the start, for it looks through every installed distribution."""
    distributions = packages_distributions()
    facts = [
        (plugin, kind, _version(distributions.get(type(plugin).__module__.partition(".")[0], [])))
        for plugin in registry
        for of_kind, kind in _KINDS
        if isinstance(plugin, of_kind)
    ]
    return sorted(facts, key=lambda fact: (fact[0].code, fact[1]))


def _version(distributions: list[str]) -> str:
    try:
        return version(distributions[0])
    except (IndexError, PackageNotFoundError):  # run from a source tree
        return tuan.__version__
