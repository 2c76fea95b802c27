"""What a case expects against what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuan_rules.difference.show import money, quote
from tuan_rules.given import names_block
from tuan_rules.pricing.explain import Explanation, Rejected
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.reasons import is_meant
from tuan_rules.testing.report import Mismatch
from tuan_rules.values import Money, Reference


def mismatches(expected: Mapping[str, Any], explanation: Explanation, ruleset: Ruleset) -> Iterator[Mismatch]:
    """A `Mismatch` for each field of `expect` that is not met, in the order of the fields."""
    found = _found(explanation, ruleset)
    currency = ruleset.currency
    for name, value in expected.items():
        if isinstance(value, Money):
            if value.amount_minor != found[name]:
                yield Mismatch(name, money(value.amount_minor, currency), money(found[name], currency))
        elif name == "lines":
            wanted = [each.amount_minor for each in value]
            if wanted != found[name]:
                yield Mismatch(name, _amounts(wanted, currency), _amounts(found[name], currency))
        elif name == "gifts":
            if dict(value) != found[name]:
                yield Mismatch(name, _gifts(value), _gifts(found[name]))
        elif name == "applied":
            yield from _applied(value, found[name])
        elif name == "rejected":
            for label, reason in value.items():
                yield from _rejected(label, str(reason), explanation, ruleset)


def _found(explanation: Explanation, ruleset: Ruleset) -> dict[str, Any]:
    priced = explanation.priced
    gifts: dict[str, int] = {}
    blocks = {rule.rule_id: Reference(rule.plan.kind, rule.plan.label) for rule in ruleset.compiled.rules}
    for _, sku, units in priced.gifts:
        gifts[sku] = gifts.get(sku, 0) + units
    return {
        "total": priced.payable_minor,
        "goods": priced.total_minor,
        "off": priced.off_minor,
        "shipping": priced.shipping_minor,
        "lines": [line.total_minor for line in priced.lines],
        "gifts": gifts,
        "applied": [blocks[rule_id] for rule_id in priced.applied()],
    }


def _applied(wanted: tuple[Reference, ...], found: list[Reference]) -> Iterator[Mismatch]:
    if set(wanted) != set(found):
        yield Mismatch("applied", _references(wanted), _references(found))


def _rejected(name: str, reason: str, explanation: Explanation, ruleset: Ruleset) -> Iterator[Mismatch]:
    rule = next((r for r in ruleset.compiled.rules if names_block(name, r.plan.kind, r.plan.label)), None)
    if rule is None:
        yield Mismatch(f"rejected {quote(name)}", quote(reason), "no rule")
        return
    found = [each for each in explanation.rejected() if each.rule_id == rule.rule_id]
    why_not = explanation.why_not(rule.rule_id)
    if why_not is None:
        yield Mismatch(f"rejected {quote(name)}", quote(reason), "applied")
    elif not any(is_meant(reason, each.why, _spellings(each)) for each in (*found, why_not)):
        yield Mismatch(f"rejected {quote(name)}", quote(reason), f"{quote(why_not.why)} ({why_not.message()})")


def _spellings(rejected: Rejected) -> tuple[str, ...]:
    """The ways to write what a reason is about: a rule by its id or label, a stack by its name."""
    by = rejected.by.strip('"')
    return rejected.by, by, by.rpartition("/")[2], by.partition("/")[2]


def _references(references: tuple[Reference, ...] | list[Reference]) -> str:
    return f"[{', '.join(f'{each.kind} {quote(each.label)}' for each in references)}]"


def _amounts(amounts: list[int], currency: str) -> str:
    return f"[{', '.join(money(amount, currency) for amount in amounts)}]"


def _gifts(gifts: Mapping[str, int]) -> str:
    return f"{{ {', '.join(f'{quote(sku)}: {units}' for sku, units in sorted(gifts.items()))} }}" if gifts else "{ }"
