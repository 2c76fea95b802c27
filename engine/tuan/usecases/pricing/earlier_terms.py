"""Rules of versions that are not in force any more, compiled beside those that are: for the coupons that buyers collected under them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog

from tuan.ports import Ruleset as Published
from tuan.usecases.pricing.set_hash import RULE_MARK, set_hash_of
from tuan_rules import Vocabulary
from tuan_rules.kept import KeptPackage, keep_plan
from tuan_rules.plan.earlier import EarlierRule, earlier_rules, names_of, plan_earlier

log = structlog.get_logger()

#: Package of earlier rules. No package of a merchant's has such a name.
EARLIER = "@earlier"


@dataclass(frozen=True, slots=True)
class Held:
    """Rules of a version that is not in force, of which buyers hold something."""

    ruleset: Published
    rule_ids: frozenset[str]


class Beside(NamedTuple):
    """`packages`: none or one. `members`: how a set of rulesets names what is in it. `names`: see `Prices`."""

    packages: tuple[KeptPackage, ...]
    members: tuple[str, ...]
    names: Mapping[tuple[str, str], str]


class _Known(Protocol):
    @property
    def package(self) -> KeptPackage: ...


class EarlierTerms:
    """Remembers of each version no more than the rules that stay. Not thread-safe: the compiler's turn holds for it, too."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._rules: dict[str, tuple[str, dict[str, EarlierRule]]] = {}

    def of(self, held: Held, package_of: Callable[[Published], _Known]) -> tuple[str, list[EarlierRule]]:
        """Currency and rules. Raises RulesUnusable, as `package_of` does."""
        ruleset_hash = held.ruleset.ruleset_hash
        if ruleset_hash not in self._rules:
            package = package_of(held.ruleset).package
            rules = earlier_rules(package.plan(self._vocabulary), ruleset_hash)
            self._rules[ruleset_hash] = (package.currency, rules)
        currency, rules = self._rules[ruleset_hash]
        if missing := held.rule_ids - rules.keys():
            log.error("earlier_rules_missing", ruleset=ruleset_hash, rules=sorted(missing))
        return currency, [rules[rule_id] for rule_id in sorted(held.rule_ids & rules.keys())]

    def beside(self, currency: str, packages: Iterable[KeptPackage], earlier: Sequence[EarlierRule]) -> Beside:
        """What comes of earlier rules beside these packages; those that say the same as a rule of theirs are none."""
        if not earlier:
            return Beside((), (), {})
        current = [package.plan(self._vocabulary) for package in packages]
        names = names_of(earlier, current)
        kept = [each for each in earlier if names[each.rule.rule_id, each.ruleset_hash] == each.name]
        members = tuple(sorted(map(member_of, kept)))
        if not kept:
            return Beside((), (), names)
        package = keep_plan(plan_earlier(EARLIER, currency, kept, current))
        return Beside((package._replace(ruleset_hash=set_hash_of(members)),), members, names)

    def forget_all_but(self, hashes: Collection[str]) -> None:
        self._rules = {key: rules for key, rules in self._rules.items() if key in hashes}


def member_of(rule: EarlierRule) -> str:
    """How a set of rulesets names an earlier rule."""
    return f"{rule.ruleset_hash}{RULE_MARK}{rule.rule.rule_id}"


def plain_of(members: Iterable[str]) -> tuple[str, ...]:
    """The rulesets among a set's members that are in it whole."""
    return tuple(member for member in members if RULE_MARK not in member)


def held_of(members: Iterable[str]) -> dict[str, frozenset[str]]:
    """The earlier rules among a set's members, by ruleset hash."""
    found: dict[str, set[str]] = {}
    for member in members:
        ruleset_hash, is_rule, rule_id = member.partition(RULE_MARK)
        if is_rule:
            found.setdefault(ruleset_hash, set()).add(rule_id)
    return {ruleset_hash: frozenset(rule_ids) for ruleset_hash, rule_ids in found.items()}
