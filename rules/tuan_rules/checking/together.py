"""Blocks together: references that must exist, the windows that campaigns give, mutual exclusion, and lints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking.context import Context
from tuan_rules.diagnostics.model import Secondary
from tuan_rules.schema import BlockSchema
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import Document
from tuan_rules.values import Reference, Window

Pair = tuple[CheckedBlock, BlockSchema]


def check_references(documents: Sequence[Document], context: Context) -> None:
    """Every reference names a block that is written somewhere, readable or not; reports TR-109."""
    known = {(block.kind, block.label) for document in documents for block in document.blocks}
    broken = {(block.kind, block.label) for document in documents for block in document.broken}
    if ("", "") in broken:
        return
    written = known | broken
    for seen in context.references:
        reference = seen.reference
        if (reference.kind, reference.label) in written:
            continue
        labels = [label for kind, label in known if kind == reference.kind]
        near = context.report.closest(reference.label, labels)
        context.report.add(
            "TR-109", seen.span, suggestion=f'{reference.kind} "{near}"' if near else None, kind=reference.kind,
            label=reference.label,
        )  # fmt: skip


def give_windows(pairs: Iterable[Pair], context: Context) -> list[Pair]:
    """Each block with the window in which it is active; reports TR-301 and TR-302."""
    pairs = list(pairs)
    enabled = _enabled(pairs, context)
    return [(_with_window(block, enabled, context), schema) for block, schema in pairs]


def _enabled(pairs: list[Pair], context: Context) -> dict[Reference, tuple[Window, Span]]:
    enabled: dict[Reference, tuple[Window, Span]] = {}
    for campaign, _ in pairs:
        for plan in campaign.children_of("plan") if campaign.kind == "campaign" else ():
            window = _own(plan) or _own(campaign)
            references = plan.values["enables"]
            if window is None or not isinstance(references, tuple):
                continue
            span = plan.field_spans["enables"]
            for reference in dict.fromkeys(references):
                if reference in enabled:
                    first = Secondary(enabled[reference][1], "enabled here first", "已在这里启用")
                    context.report.add("TR-301", span, secondary=(first,), block=_show(reference))
                enabled.setdefault(reference, (window, span))
    return enabled


def _with_window(block: CheckedBlock, enabled: dict[Reference, tuple[Window, Span]], context: Context) -> CheckedBlock:
    own = _own(block)
    children = tuple([replace(child, window=_own(child)) for child in block.children])
    reference = Reference(block.kind, block.label)
    if reference not in enabled:
        return replace(block, window=own, children=children) if own is not None or children else block
    window, span = enabled[reference]
    if own is None:
        return replace(block, window=window, children=children)
    both = own.intersection(window)
    if both is None:
        plan = Secondary(span, "enabled here", "在这里启用")
        context.report.add("TR-302", block.field_spans["active"], secondary=(plan,), block=_show(reference))
    return replace(block, window=both, children=children)


def _own(block: CheckedBlock) -> Window | None:
    active = block.values.get("active")
    return active if isinstance(active, Window) else None


def check_exclusions(pairs: Iterable[Pair], context: Context) -> None:
    """`exclusive_with` of stacks is symmetric; reports TR-304."""
    stacks = {block.label: block for block, _ in pairs if block.kind == "stack"}
    for block in stacks.values():
        excluded = block.values["exclusive_with"]
        for reference in excluded if isinstance(excluded, tuple) else ():
            other = stacks.get(reference.label)
            back = other.values["exclusive_with"] if other else ()
            if other and (not isinstance(back, tuple) or Reference("stack", block.label) not in back):
                context.report.add(
                    "TR-304",
                    block.field_spans["exclusive_with"],
                    secondary=(Secondary(other.head_span or other.span, "not here", "这里没有"),),
                    first=_show(Reference("stack", block.label)),
                    second=_show(reference),
                )


def run_lints(block: CheckedBlock, schema: BlockSchema, context: Context) -> None:
    """The schema's own lints, then those of nested blocks; a lint that fails is reported, TR-901."""
    for lint in schema.lints:
        try:
            found = list(lint(block))
        except Exception as error:  # a plugin's fault must not stop the check of the other blocks
            context.report.add(
                "TR-901", block.head_span or block.span, block=block.kind, error=f"{type(error).__name__}: {error}"
            )
            continue
        for diagnostic in found:
            context.report.append(diagnostic)
        context.lints += found
    inside = context.vocabulary.allowed_in(schema)
    for child in block.children:
        run_lints(child, inside[child.kind], context)


def _show(reference: Reference) -> str:
    return f'`{reference.kind} "{reference.label}"`'
