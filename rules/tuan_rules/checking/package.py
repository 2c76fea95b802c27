"""The `package` block: name, version, zone and currency, which the check of all others needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking import scalars
from tuan_rules.checking.context import Context, Failed
from tuan_rules.checking.names import check_blocks
from tuan_rules.currencies import CODES
from tuan_rules.diagnostics.model import Fix
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import BlockNode, Document
from tuan_rules.values import Text

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class PackageHead:
    """What the package block says; empty texts where it is missing or wrong."""

    name: str = ""
    version: str = ""


def read_package(documents: Sequence[Document], context: Context) -> PackageHead:
    """Check the package block and set the zone and currency of the context; reports TR-113, TR-203, TR-204, TR-221."""
    blocks = [block for document in documents for block in document.blocks if block.kind == "package"]
    if not blocks:
        # A package block that could not be read was reported already, and so was a file that could not be split.
        broken = {block.kind for document in documents for block in document.broken}
        if not broken & {"package", ""}:
            context.report.add("TR-113", _start(documents, context))
        return PackageHead()
    ((block, _), *_) = check_blocks(blocks, None, context)
    _set_zone_and_currency(block, context)
    return PackageHead(block.label, _version(block, context))


def _set_zone_and_currency(block: CheckedBlock, context: Context) -> None:
    if isinstance(zone := block.values["zone"], Text):
        checked = scalars.zone(zone.default, block.field_spans["zone"], context)
        context.zone = context.zone if isinstance(checked, Failed) else checked
    if isinstance(currency := block.values["currency"], Text):
        code = currency.default
        if code in CODES:
            context.currency = code
        else:
            span = block.field_spans["currency"]
            upper = code.upper() if code.upper() in CODES else None
            fix = Fix(span, f'"{upper}"') if upper else None
            context.report.add("TR-203", span, suggestion=upper or scalars.closest_code(code), fix=fix, found=code)
            context.currency = upper or context.currency


def _version(block: CheckedBlock, context: Context) -> str:
    version = block.values["version"]
    if not isinstance(version, Text):
        return ""
    if not _VERSION.fullmatch(version.default):
        context.report.add("TR-221", block.field_spans["version"], found=version.default)
    return version.default


def _start(documents: Sequence[Document], context: Context) -> Span:
    first: list[BlockNode] = [block for document in documents for block in document.blocks]
    if first:
        return first[0].kind_span
    return next(iter(context.sources.values())).span(0, 0)
