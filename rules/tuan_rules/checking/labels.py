"""The labels of blocks: there, one, short, on one line, and of a form that whoever uses them can take."""

from __future__ import annotations

import re

from tuan_rules.checking.context import Context
from tuan_rules.diagnostics.model import Fix
from tuan_rules.schema import BlockSchema
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import BlockNode
from tuan_rules.syntax.parser import RESERVED_WORDS
from tuan_rules.typing.functions import FUNCTIONS

#: A label becomes part of ids and keys.
LABEL_MAX = 100
_NAME = re.compile(r"[^\W\d_]\w*")


def check_label(block: BlockNode, schema: BlockSchema, context: Context) -> None:
    """Report TR-106, TR-107, TR-117 and TR-213."""
    for extra in block.labels[1:]:
        context.report.add("TR-107", extra.span, fix=Fix(extra.span, ""))
    if schema.label_required and not block.label.strip():
        span = block.labels[0].span if block.labels else block.kind_span
        context.report.add("TR-106", span, block=block.kind, example="name")
        return
    if not block.labels:
        return
    span = block.labels[0].span
    if len(block.label) > LABEL_MAX:
        context.report.add(
            "TR-213", span, what="the label", what_zh="标签", count=len(block.label), unit="characters",
            unit_zh="个字符", limit=LABEL_MAX,
        )  # fmt: skip
    elif "\n" in block.label or "\t" in block.label:
        # Ids stand in logs and reports, a line each: a label of two lines could forge one.
        _refuse(context, span, block, "it is of one line, without tabs", "必须写在一行内，不含制表符")
    elif schema.name == "package" and "/" in block.label:
        # A rule's id is `package/kind/label`: with a package `a/price/b` two rules could have one id, and share a budget.
        _refuse(context, span, block, "`/` stands between the parts of a rule's id", "`/` 用于分隔规则编号的各部分")
    elif schema.name == "define":
        _check_definition(block, span, context)


def _check_definition(block: BlockNode, span: Span, context: Context) -> None:
    """Conditions name it like a fact, so it has to be a name, and one that means nothing else yet."""
    if block.label in RESERVED_WORDS:
        _refuse(context, span, block, "it is a reserved word", "这是保留字")
    elif block.label in context.vocabulary.facts:
        _refuse(context, span, block, f"`{block.label}.` begins the names of facts", f"`{block.label}.` 是事实的名称")
    elif block.label in FUNCTIONS:
        _refuse(context, span, block, "it is a function of the language", "这是规则语言的函数")
    elif not _NAME.fullmatch(block.label):
        why, why_zh = (
            "a name is letters, digits and `_`, and begins with a letter",
            "名称由字母、汉字、数字和 `_` 组成，并以字母或汉字开头",
        )
        _refuse(context, span, block, why, why_zh)


def _refuse(context: Context, span: Span, block: BlockNode, why: str, why_zh: str) -> None:
    context.report.add("TR-117", span, block=block.kind, label=" ".join(block.label.split()), why=why, why_zh=why_zh)
