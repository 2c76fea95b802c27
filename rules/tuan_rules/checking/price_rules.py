"""Price rules and their stacks together: unique priorities, and what fits which phase and scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking.context import Context
from tuan_rules.currencies import decimals, sign_of
from tuan_rules.diagnostics.model import Secondary
from tuan_rules.schema import BlockSchema, Kind
from tuan_rules.typing.tree import reads_line
from tuan_rules.values import BuyGet, Cap, Computed, Every, Gift, Money, PriceAction, Reference, Tiers

Problem = tuple[str, str, str]
#: Phases whose amounts are of the whole order; there is no line of shipping.
_OF_ORDER = ("shipping", "tender")


def check_price_rules(pairs: Iterable[tuple[CheckedBlock, BlockSchema]], context: Context) -> None:
    """Reports TR-240 and TR-303 to TR-307 for every block with a `stack` and a `priority`, whatever its kind."""
    pairs = list(pairs)
    stacks = {block.label: block for block, _ in pairs if block.kind == "stack"}
    seen: dict[tuple[str, object], CheckedBlock] = {}
    for block, schema in pairs:
        if block.kind == "stack":
            _check_stack(block, context)
        elif block.kind == "rounding":
            _check_rounding(block, context)
        reference = block.values.get("stack")
        if not isinstance(reference, Reference) or schema.field("priority") is None:
            continue
        _check_priority(block, reference, seen, context)
        give = schema.field("give")
        if give is not None and give.type.kind is Kind.GIVE and reference.label in stacks:
            _check_rule(block, stacks[reference.label], context)


def _check_priority(
    block: CheckedBlock, stack: Reference, seen: dict[tuple[str, object], CheckedBlock], context: Context
) -> None:
    other = seen.setdefault((stack.label, block.values["priority"]), block)
    if other is not block:
        span = block.field_spans.get("priority", block.head_span or block.span)
        first = other.field_spans.get("priority", other.head_span or other.span)
        context.report.add(
            "TR-305", span, secondary=(Secondary(first, "the other one", "另一个"),), first=_show(other),
            second=_show(block), priority=block.values["priority"],
        )  # fmt: skip


def _check_stack(block: CheckedBlock, context: Context) -> None:
    phase, scope, pick = (block.values[name] for name in ("phase", "scope", "pick"))
    if phase == "price_source" and scope == "order":
        _unfit(block, "scope", "scope = order", block, ("a price is that of a line", "价格属于行", ""), context)
    if phase == "price_source" and pick in ("all", "lowest_cost"):
        why = ("a line has exactly one price: first or best_for_buyer", "每行只有一个价格：first 或 best_for_buyer", "")
        _unfit(block, "pick", f"pick = {pick}", block, why, context)
    if phase in _OF_ORDER and scope == "line":
        _unfit(block, "scope", "scope = line", block, (f"{phase} is of the whole order", "它属于整个订单", ""), context)


def _check_rounding(block: CheckedBlock, context: Context) -> None:
    unit = block.values["unit"]
    if isinstance(unit, Money) and unit.amount_minor < 1:
        places = decimals(context.currency)
        least = sign_of(context.currency) + ("1" if places == 0 else f"0.{'1':0>{places}}")
        context.report.add("TR-307", block.field_spans["unit"], least=least)


def _check_rule(block: CheckedBlock, stack: CheckedBlock, context: Context) -> None:
    if block.values.get("budget") is not None and block.values.get("on_exceed") is None:
        context.report.add("TR-303", block.field_spans["budget"])
    for field, english, chinese in _problems(block, str(stack.values["phase"]), str(stack.values["scope"])):
        _unfit(block, field, f"`{field}`", stack, (english, chinese, ""), context)
    if stack.values["scope"] == "order":
        when = block.typed.get("when")
        if when is not None and reads_line(when):
            context.report.add("TR-240", block.field_spans["when"], name=context.text_at(block.field_spans["when"]))


def _problems(block: CheckedBlock, phase: str, scope: str) -> Iterator[Problem]:
    give, cap = block.values["give"], block.values.get("cap")
    if phase == "price_source" and not isinstance(give, PriceAction | Computed | Tiers):
        yield "give", "a price source says a price: set, off or pay", "价格来源只能写 set、off 或 pay"
    if isinstance(give, Tiers) and give.by == "amount" and phase == "price_source":
        yield "give", "a price does not depend on the amount that it makes", "价格不能取决于它自己算出的金额"
    if phase in _OF_ORDER and isinstance(give, BuyGet | Gift):
        yield "give", "it has no goods", "这里没有商品"
    if isinstance(give, Gift) and scope != "order":
        yield "give", "a gift belongs to the order, not to a line", "赠品属于订单，不属于行"
    if scope == "order" and block.values.get("floor") is not None:
        yield "floor", "a floor is that of a line", "最低价属于行"
    if isinstance(cap, Cap) and cap.per == "line" and scope == "order":
        yield "cap", "its amounts are of the order, write `per order`", "金额属于订单，请写 `per order`"
    if isinstance(give, Every) and scope == "line" and phase == "price_source":
        yield "give", "a price source says a price", "价格来源应写价格"
    if isinstance(cap, Cap) and scope == "order" and reads_line(cap.amount):
        yield "cap", "it differs from line to line", "每一行都不同"
    if isinstance(give, Computed) and scope == "order" and reads_line(give.amount):
        yield "give", "it differs from line to line", "每一行都不同"
    if isinstance(cap, Cap) and cap.per == "order" and reads_line(cap.amount):
        yield "cap", "one per order cannot differ from line to line", "每单的上限不能因行而异"


def _unfit(block: CheckedBlock, field: str, found: str, stack: CheckedBlock, why: Problem, context: Context) -> None:
    span = block.field_spans.get(field, block.head_span or block.span)
    context.report.add("TR-306", span, found=found, stack=_show(stack), why=why[0], why_zh=why[1])


def _show(block: CheckedBlock) -> str:
    return f'`{block.kind} "{block.label}"`'
