"""Fourth stage: tree of words to syntax tree, with spans in the file and names composed (Unicode NFC)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import SourceFile, Span
from tuan_rules.syntax.literals import Literals
from tuan_rules.syntax.nodes import (
    Argument,
    Arithmetic,
    Bad,
    BlockNode,
    BooleanLiteral,
    Call,
    Comparison,
    Counter,
    DurationLiteral,
    Each,
    Entry,
    Expression,
    FieldNode,
    IsSet,
    Label,
    LimitList,
    ListExpression,
    Negative,
    Not,
    Operation,
    Path,
    Per,
    RecordExpression,
    ReferenceExpression,
    ShareExpression,
    Step,
    TextLiteral,
    WindowExpression,
)
from tuan_rules.syntax.parser import Branch, Parsed

#: Words in a dotted path. The deepest in the vocabulary have three; a longer one is a mistake or an attack.
PATH_MAX = 8

Child = Branch | int


class Builder:
    """Builds the nodes of the blocks of one file."""

    def __init__(self, source: SourceFile, report: Reporter) -> None:
        self.source = source
        self._file = source.name
        self.report = report
        self.literals = Literals(report)
        self._texts: list[str] = []
        self._types: tuple[str, ...] = ()
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._base = 0
        #: The line in which the last word stood: its number, its first offset, and the first one behind it.
        self._line = (0, 0, -1)

    def top_level(self, parsed: Parsed, base: int) -> BlockNode:
        """The node of a block; `base` is the offset of its text in the file."""
        words = parsed.words
        self._texts, self._types, self._starts, self._ends = words.texts, words.types, words.starts, words.ends
        self._base = base
        return self._block(parsed.tree)

    def _block(self, tree: Branch) -> BlockNode:
        kind = tree.first
        labels: list[Label] = []
        items: list[FieldNode | BlockNode] = []
        for child in tree.branches:
            match child.data:
                case "label":
                    labels.append(self._label(child))
                case "field":
                    items.append(self._field(child))
                case _:
                    items.append(self._block(child))
        return BlockNode(self._span(tree), self._name(kind), tuple(labels), tuple(items), self._span(kind))

    def expression(self, tree: Any) -> Expression:
        """The node of any expression's tree."""
        return _MAKERS[tree.data](self, tree)

    def _label(self, tree: Branch) -> Label:
        text, span = self._only(tree)
        node = self.literals.text(text, span) if text.startswith('"') else None
        value = node.value if isinstance(node, TextLiteral) else text
        return Label(span, unicodedata.normalize("NFC", value))

    def _field(self, tree: Branch) -> FieldNode:
        name, value = tree.children
        return FieldNode(self._span(tree), self._name(name), self.expression(value), self._span(name))

    def _operation(self, tree: Branch, operator: str) -> Operation:
        return Operation(self._span(tree), operator, tuple(self._expressions(tree)))

    def _arithmetic(self, tree: Branch) -> Arithmetic:
        first, *rest = tree.children
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return Arithmetic(
            self._span(tree),
            self.expression(first),
            tuple((self._texts[op], self.expression(operand)) for op, operand in pairs),
        )

    def _compare(self, tree: Branch) -> Comparison:
        left, operator, right = tree.children
        written = self._texts[operator]
        plain = _PLAIN.get(written, written)
        return Comparison(self._span(tree), plain, self.expression(left), self.expression(right))

    def _relation(self, tree: Branch, operator: str) -> Comparison:
        return Comparison(self._span(tree), operator, *self._expressions(tree))

    def _is_set(self, tree: Branch) -> IsSet:
        operand, words = tree.children
        return IsSet(self._span(tree), self.expression(operand), "not" in self._texts[words].split())

    def _counter(self, tree: Branch) -> Counter:
        base, *rest = tree.children
        by, within = None, None
        for word, value in zip(rest[::2], rest[1::2], strict=True):
            if self._types[word] == "BY":
                by = self._path(value)
            else:
                within = self._duration(value)
        return Counter(self._span(tree), self.expression(base), by, within)

    def _per(self, tree: Branch) -> Per:
        amount, _, subject, *window = tree.children
        return Per(
            self._span(tree),
            self.expression(amount),
            self._name(subject),
            self._duration(window[1]) if window else None,
        )

    def _fact(self, tree: Branch) -> Path | Bad:
        """A path that nobody can have declared was reported as it was read; that it names no fact is no second mistake."""
        path = self._path(tree)
        return Bad(path.span) if len(tree.children) > PATH_MAX or "_" in [name[0] for name in path.names] else path

    def _path(self, tree: Branch) -> Path:
        names = tuple([self._name(child) for child in tree.children])
        if len(names) > PATH_MAX:
            self.report.add(
                "TR-213", self._span(tree), what="the path", what_zh="路径", count=len(names), unit="words",
                unit_zh="段", limit=PATH_MAX,
            )  # fmt: skip
        return Path(self._span(tree), names[:PATH_MAX])

    def _call(self, tree: Branch) -> Call:
        function, *arguments = tree.branches
        return Call(self._span(tree), self._path(function), tuple([self._argument(child) for child in arguments]))

    def _argument(self, tree: Branch) -> Argument | Each:
        if tree.data == "each":
            return self._each(tree)
        *name, value = tree.children
        return Argument(self._span(tree), self._name(name[0]) if name else "", self.expression(value))

    def _each(self, tree: Branch) -> Each:
        children = list(tree.children)
        item = self.expression(children.pop(0)) if isinstance(children[0], Branch) else None
        _, variable, _, collection, *where = children
        return Each(
            self._span(tree),
            item,
            self._name(variable),
            self.expression(collection),
            self.expression(where[1]) if where else None,
        )

    def _reference(self, tree: Branch) -> Expression:
        kind, label = tree.children
        text = self.literals.text(self._texts[label], self._span(label))
        if isinstance(text, Bad):
            return text
        return ReferenceExpression(self._span(tree), self._name(kind), unicodedata.normalize("NFC", text.value))

    def _list(self, tree: Branch) -> ListExpression:
        return ListExpression(self._span(tree), tuple([self._element(child) for child in tree.branches]))

    def _element(self, tree: Branch) -> Expression | Step:
        if tree.data == "step":
            return Step(self._span(tree), *self._expressions(tree))
        return self.expression(tree)

    def _record(self, tree: Branch) -> RecordExpression:
        entries = []
        for child in tree.branches:
            key, value = child.children
            span, name = self._span(key), self._texts[key]
            if self._types[key] == "STRING":
                text = self.literals.text(name, span)
                name = text.value if isinstance(text, TextLiteral) else name
            name = unicodedata.normalize("NFC", name)
            entries.append(Entry(self._span(child), name, self.expression(value), span))
        return RecordExpression(self._span(tree), tuple(entries))

    def _quantity(self, tree: Branch) -> Expression:
        return self.literals.quantity([self._texts[child] for child in tree.children], self._span(tree))

    def _duration(self, tree: Branch) -> DurationLiteral | Bad:
        node = self._quantity(tree)
        if isinstance(node, DurationLiteral | Bad):
            return node
        self.report.add(
            "TR-201", node.span, field="per", expected="a duration", found="a percent", expected_zh="时长",
            found_zh="百分比", example="24h",
        )  # fmt: skip
        return Bad(node.span)

    def _expressions(self, tree: Branch) -> list[Expression]:
        return [self.expression(child) for child in tree.branches]

    def _only(self, tree: Branch) -> tuple[str, Span]:
        word = tree.first
        return self._texts[word], self._span(word)

    def _name(self, word: int) -> str:
        name = unicodedata.normalize("NFC", self._texts[word])
        if name.startswith("_"):
            self.report.add("TR-111", self._span(word), name=name)
        return name

    def _span(self, node: Child) -> Span:
        first, last = (node, node) if isinstance(node, int) else (node.first, node.last)
        start, end = self._base + self._starts[first], self._base + self._ends[last]
        line, begins, ends = self._line
        if begins <= start and end < ends:
            return Span(self._file, line, start - begins + 1, line, end - begins + 1, start, end)
        span = self.source.span(start, end)
        starts = self.source.line_starts
        self._line = (
            span.line,
            starts[span.line - 1],
            starts[span.line] if span.line < len(starts) else len(self.source.text) + 1,
        )
        return span


_PLAIN = {"≤": "<=", "≥": ">=", "≠": "!="}
#: By the rule or alias of the grammar.
_MAKERS: dict[str, Callable[[Builder, Branch], Expression]] = {
    "then": lambda self, tree: self._operation(tree, "then"),
    "or_test": lambda self, tree: self._operation(tree, "or"),
    "and_test": lambda self, tree: self._operation(tree, "and"),
    "coalesce": lambda self, tree: self._operation(tree, "??"),
    "additive": Builder._arithmetic,
    "product": Builder._arithmetic,
    "compare": Builder._compare,
    "member": lambda self, tree: self._relation(tree, "in"),
    "not_member": lambda self, tree: self._relation(tree, "not in"),
    "all_members": lambda self, tree: self._relation(tree, "all in"),
    "under": lambda self, tree: self._relation(tree, "under"),
    "not_under": lambda self, tree: self._relation(tree, "not under"),
    "comparison": Builder._is_set,
    "negation": lambda self, tree: Not(self._span(tree), self._expressions(tree)[0]),
    "negative": lambda self, tree: Negative(self._span(tree), self._expressions(tree)[0]),
    "share_of": lambda self, tree: ShareExpression(self._span(tree), *self._expressions(tree)),
    "counter": Builder._counter,
    "window": lambda self, tree: WindowExpression(self._span(tree), *self._expressions(tree)),
    "per": Builder._per,
    "limits": lambda self, tree: LimitList(self._span(tree), tuple([self._per(child) for child in tree.branches])),
    "parentheses": lambda self, tree: self._expressions(tree)[0],
    "path": Builder._fact,
    "call": Builder._call,
    "reference": Builder._reference,
    "list": Builder._list,
    "record": Builder._record,
    "duration": Builder._quantity,
    "money": lambda self, tree: self.literals.money(*self._only(tree)),
    "percent": lambda self, tree: self.literals.percent(*self._only(tree)),
    "number": lambda self, tree: self.literals.number(*self._only(tree)),
    "text": lambda self, tree: self.literals.text(*self._only(tree)),
    "instant": lambda self, tree: self.literals.instant(*self._only(tree)),
    "time_of_day": lambda self, tree: self.literals.time(*self._only(tree)),
    "true": lambda self, tree: BooleanLiteral(self._span(tree), True),
    "false": lambda self, tree: BooleanLiteral(self._span(tree), False),
}
