"""Fourth stage: Lark tree to syntax tree, with spans in the file and names composed (Unicode NFC)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import cast

from lark import Token, Tree

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

#: Words in a dotted path. The deepest in the vocabulary have three; a longer one is a mistake or an attack.
PATH_MAX = 8

Child = Tree[Token] | Token


class Builder:
    """Builds the nodes of one block; `base` is the offset of the block's text in the file."""

    def __init__(self, source: SourceFile, base: int, report: Reporter) -> None:
        self.source = source
        self.base = base
        self.report = report
        self.literals = Literals(report)
        self._makers: dict[str, Callable[[Tree[Token]], Expression]] = {
            "then": lambda tree: self._operation(tree, "then"),
            "or_test": lambda tree: self._operation(tree, "or"),
            "and_test": lambda tree: self._operation(tree, "and"),
            "coalesce": lambda tree: self._operation(tree, "??"),
            "additive": self._arithmetic,
            "product": self._arithmetic,
            "compare": self._compare,
            "member": lambda tree: self._relation(tree, "in"),
            "not_member": lambda tree: self._relation(tree, "not in"),
            "all_members": lambda tree: self._relation(tree, "all in"),
            "under": lambda tree: self._relation(tree, "under"),
            "not_under": lambda tree: self._relation(tree, "not under"),
            "comparison": self._is_set,
            "negation": lambda tree: Not(self._span(tree), self._expressions(tree)[0]),
            "negative": lambda tree: Negative(self._span(tree), self._expressions(tree)[0]),
            "share_of": lambda tree: ShareExpression(self._span(tree), *self._expressions(tree)),
            "counter": self._counter,
            "window": lambda tree: WindowExpression(self._span(tree), *self._expressions(tree)),
            "per": self._per,
            "limits": lambda tree: LimitList(
                self._span(tree), tuple(self._per(cast("Tree[Token]", child)) for child in tree.children)
            ),
            "parentheses": lambda tree: self._expressions(tree)[0],
            "path": self._fact,
            "call": self._call,
            "reference": self._reference,
            "list": self._list,
            "record": self._record,
            "duration": self._quantity,
            "money": lambda tree: self.literals.money(*self._only(tree)),
            "percent": lambda tree: self.literals.percent(*self._only(tree)),
            "number": lambda tree: self.literals.number(*self._only(tree)),
            "text": lambda tree: self.literals.text(*self._only(tree)),
            "instant": lambda tree: self.literals.instant(*self._only(tree)),
            "time_of_day": lambda tree: self.literals.time(*self._only(tree)),
            "true": lambda tree: BooleanLiteral(self._span(tree), True),
            "false": lambda tree: BooleanLiteral(self._span(tree), False),
        }

    def block(self, tree: Tree[Token]) -> BlockNode:
        """The node of a `block` tree."""
        kind = cast(Token, tree.children[0])
        labels: list[Label] = []
        items: list[FieldNode | BlockNode] = []
        for child in _trees(tree):
            match child.data:
                case "label":
                    labels.append(self._label(child))
                case "field":
                    items.append(self._field(child))
                case _:
                    items.append(self.block(child))
        return BlockNode(self._span(tree), self._name(kind), tuple(labels), tuple(items), self._span(kind))

    def expression(self, tree: Child) -> Expression:
        """The node of any expression's tree."""
        tree = cast("Tree[Token]", tree)
        return self._makers[tree.data](tree)

    def _label(self, tree: Tree[Token]) -> Label:
        text, span = self._only(tree)
        node = self.literals.text(text, span) if text.startswith('"') else None
        value = node.value if isinstance(node, TextLiteral) else text
        return Label(span, unicodedata.normalize("NFC", value))

    def _field(self, tree: Tree[Token]) -> FieldNode:
        name, value = tree.children
        return FieldNode(self._span(tree), self._name(cast(Token, name)), self.expression(value), self._span(name))

    def _operation(self, tree: Tree[Token], operator: str) -> Operation:
        return Operation(self._span(tree), operator, tuple(self._expressions(tree)))

    def _arithmetic(self, tree: Tree[Token]) -> Arithmetic:
        first, *rest = tree.children
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return Arithmetic(
            self._span(tree),
            self.expression(first),
            tuple((str(op), self.expression(operand)) for op, operand in pairs),
        )

    def _compare(self, tree: Tree[Token]) -> Comparison:
        left, operator, right = tree.children
        plain = {"≤": "<=", "≥": ">=", "≠": "!="}.get(str(operator), str(operator))
        return Comparison(self._span(tree), plain, self.expression(left), self.expression(right))

    def _relation(self, tree: Tree[Token], operator: str) -> Comparison:
        return Comparison(self._span(tree), operator, *self._expressions(tree))

    def _is_set(self, tree: Tree[Token]) -> IsSet:
        operand, words = tree.children
        return IsSet(self._span(tree), self.expression(operand), "not" in str(words).split())

    def _counter(self, tree: Tree[Token]) -> Counter:
        base, *rest = tree.children
        by, within = None, None
        for word, value in zip(rest[::2], rest[1::2], strict=True):
            if cast(Token, word).type == "BY":
                by = self._path(cast("Tree[Token]", value))
            else:
                within = self._duration(value)
        return Counter(self._span(tree), self.expression(base), by, within)

    def _per(self, tree: Tree[Token]) -> Per:
        amount, _, subject, *window = tree.children
        return Per(
            self._span(tree),
            self.expression(amount),
            self._name(cast(Token, subject)),
            self._duration(window[1]) if window else None,
        )

    def _fact(self, tree: Tree[Token]) -> Path | Bad:
        """A path that nobody can have declared was reported as it was read; that it names no fact is no second mistake."""
        path = self._path(tree)
        return Bad(path.span) if len(tree.children) > PATH_MAX or "_" in [name[0] for name in path.names] else path

    def _path(self, tree: Tree[Token]) -> Path:
        names = tuple(self._name(cast(Token, child)) for child in tree.children)
        if len(names) > PATH_MAX:
            self.report.add(
                "TR-213", self._span(tree), what="the path", what_zh="路径", count=len(names), unit="words",
                unit_zh="段", limit=PATH_MAX,
            )  # fmt: skip
        return Path(self._span(tree), names[:PATH_MAX])

    def _call(self, tree: Tree[Token]) -> Call:
        function, *arguments = _trees(tree)
        return Call(self._span(tree), self._path(function), tuple(self._argument(child) for child in arguments))

    def _argument(self, tree: Tree[Token]) -> Argument | Each:
        if tree.data == "each":
            return self._each(tree)
        *name, value = tree.children
        return Argument(self._span(tree), self._name(cast(Token, name[0])) if name else "", self.expression(value))

    def _each(self, tree: Tree[Token]) -> Each:
        children = list(tree.children)
        item = self.expression(children.pop(0)) if isinstance(children[0], Tree) else None
        _, variable, _, collection, *where = children
        return Each(
            self._span(tree),
            item,
            self._name(cast(Token, variable)),
            self.expression(collection),
            self.expression(where[1]) if where else None,
        )

    def _reference(self, tree: Tree[Token]) -> Expression:
        kind, label = (cast(Token, child) for child in tree.children)
        text = self.literals.text(str(label), self._span(label))
        if isinstance(text, Bad):
            return text
        return ReferenceExpression(self._span(tree), self._name(kind), unicodedata.normalize("NFC", text.value))

    def _list(self, tree: Tree[Token]) -> ListExpression:
        return ListExpression(self._span(tree), tuple(self._element(child) for child in _trees(tree)))

    def _element(self, tree: Tree[Token]) -> Expression | Step:
        if tree.data == "step":
            return Step(self._span(tree), *self._expressions(tree))
        return self.expression(tree)

    def _record(self, tree: Tree[Token]) -> RecordExpression:
        entries = []
        for child in _trees(tree):
            key, value = child.children
            key_token, span = cast(Token, key), self._span(key)
            if key_token.type == "STRING":
                text = self.literals.text(str(key_token), span)
                name = text.value if isinstance(text, TextLiteral) else str(key_token)
            else:
                name = str(key_token)
            name = unicodedata.normalize("NFC", name)
            entries.append(Entry(self._span(child), name, self.expression(value), span))
        return RecordExpression(self._span(tree), tuple(entries))

    def _quantity(self, tree: Tree[Token]) -> Expression:
        return self.literals.quantity([str(child) for child in tree.children], self._span(tree))

    def _duration(self, tree: Child) -> DurationLiteral | Bad:
        node = self._quantity(cast("Tree[Token]", tree))
        if isinstance(node, DurationLiteral | Bad):
            return node
        self.report.add(
            "TR-201", node.span, field="per", expected="a duration", found="a percent", expected_zh="时长",
            found_zh="百分比", example="24h",
        )  # fmt: skip
        return Bad(node.span)

    def _expressions(self, tree: Tree[Token]) -> list[Expression]:
        return [self.expression(child) for child in _trees(tree)]

    def _only(self, tree: Tree[Token]) -> tuple[str, Span]:
        token = cast(Token, tree.children[0])
        return str(token), self._span(token)

    def _name(self, token: Token) -> str:
        name = unicodedata.normalize("NFC", str(token))
        if name.startswith("_"):
            self.report.add("TR-111", self._span(token), name=name)
        return name

    def _span(self, node: Child) -> Span:
        # Lark's propagate_positions does the same at every reduction of every rule, and doubles the time of a parse.
        first = last = node
        while isinstance(first, Tree):
            first = first.children[0]
        while isinstance(last, Tree):
            last = last.children[-1]
        return self.source.span(self.base + (first.start_pos or 0), self.base + (last.end_pos or 0))


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    """The children that are no tokens."""
    return [child for child in tree.children if isinstance(child, Tree)]
