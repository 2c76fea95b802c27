"""What of a package this engine keeps and does not run: told where it is checked or published, and silent once a plugin runs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from tuan.registry import Registry
from tuan.usecases.pricing.price_book import ORDER_PLACE
from tuan_rules import CheckedBlock, CheckedPackage, Diagnostic, Reference, VerdictOf, standard_vocabulary
from tuan_rules.diagnostics.codes import CODES
from tuan_rules.difference.show import duration
from tuan_rules.plan.beside import counters_of
from tuan_rules.values import Give

#: The language's own blocks mean something wherever there are orders.
_STANDARD = frozenset(standard_vocabulary().names())
#: Conditions of which other blocks are made; those are told of.
_READ_BY_OTHERS = ("define", "test")
#: What a rule does that asks for a count where nobody counts: a price rule, and others by what their `missing` says.
_NEVER = ("it never counts", "它永远不会生效")
_ANSWERS = {
    "refuse": ("it refuses every order", "它会拒绝所有订单"),
    "pass": ("it lets every order through", "它会放行所有订单"),
    "deny": ("it denies every order that it is about", "它会拒绝它所涉及的所有订单"),
    "review": ("it has every order that it is about reviewed", "它会让它所涉及的所有订单进入复核"),
    "allow": ("it allows every order", "它会允许所有订单"),
}


def without_effect(package: CheckedPackage, registry: Registry) -> list[Diagnostic]:
    """TR-404 for blocks, TR-405 for events, TR-406 for counts of which nothing on this engine takes notice; by file and place."""
    found = [each for block in package.blocks for each in _of_block(block, registry)]
    return sorted(found, key=lambda each: (each.span.file, each.span.offset))


def _of_block(block: CheckedBlock, registry: Registry) -> Iterable[Diagnostic]:
    named = f'{block.kind} "{block.label}"'
    is_risk = isinstance(block.values.get("verdict"), VerdictOf)
    if is_risk:
        events = cast("tuple[str, ...]", block.values["on"])
        unheard = [event for event in events if event != ORDER_PLACE]
        if unheard:
            yield _at_head(block, "TR-405", block=named, events=", ".join(f"`{event}`" for event in unheard))
        if len(unheard) == len(events):
            return
    elif not _runs(block, registry):
        yield _at_head(block, "TR-404", block=named, kind=block.kind)
        return
    counters = counters_of(block.typed.values()) if block.kind not in _READ_BY_OTHERS else ()
    if counters:
        effect, effect_zh = _ANSWERS.get(str(block.values.get("missing")), _NEVER)
        counted = ", ".join(
            f"`count({each.event}) by {each.by} within {duration(each.window_ms)}`" for each in counters
        )
        yield _at_head(block, "TR-406", block=named, counted=counted, effect=effect, effect_zh=effect_zh)


def _runs(block: CheckedBlock, registry: Registry) -> bool:
    if block.kind in _STANDARD or registry.promotion_of_block(block.kind) is not None:
        return True
    # Whatever takes something off in a stack is a price rule, unless it counts only where somebody names it: a coupon.
    in_stack = isinstance(block.values.get("give"), Give) and isinstance(block.values.get("stack"), Reference)
    return in_stack and not block.named_in


def _at_head(block: CheckedBlock, code: str, /, **facts: str) -> Diagnostic:
    entry = CODES[code]
    span = block.head_span or block.span
    return Diagnostic(code, entry.severity, entry.message_en.format(**facts), entry.message_zh.format(**facts), span)
