"""Two checked packages, block by block and field by field. Layout, comments, files and order make no difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from tuan_rules.checked import CheckedBlock, CheckedPackage
from tuan_rules.currencies import shown_money as money
from tuan_rules.difference.show import duration, percent, show
from tuan_rules.schema import BlockSchema, FieldType, Kind
from tuan_rules.values import Instant, Money, PriceAction, SkuSet
from tuan_rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that means something else. `before` and `after` are in the words of the language, "" for not set.

    `by` says how much in money, percent or time, with its sign; "" where that has no answer.
    """

    name: str
    before: str
    after: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block that came, went or changed; `path` leads to it from the top level, as `campaign "spring"`, `plan "sale"`.

    `fields` are those that differ; of a block that came or went, those that are set.
    """

    change: Literal["added", "removed", "changed"]
    path: tuple[str, ...]
    fields: tuple[FieldChange, ...] = ()


def compare(before: CheckedPackage, after: CheckedPackage, vocabulary: Vocabulary) -> tuple[BlockChange, ...]:
    """What changed, the package first and then by kind and label; empty exactly when both mean the same."""
    head = _head(before, after)
    comparison = _Comparison(before, after, vocabulary)
    return (*head, *comparison.blocks(before.blocks, after.blocks, None, ()))


def _head(before: CheckedPackage, after: CheckedPackage) -> tuple[BlockChange, ...]:
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in ("name", "version", "zone", "currency")]
    fields = tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)
    return (BlockChange("changed", ("package",), fields),) if fields else ()


class _Comparison:
    def __init__(self, before: CheckedPackage, after: CheckedPackage, vocabulary: Vocabulary) -> None:
        self.before = before
        self.after = after
        self.vocabulary = vocabulary

    def blocks(
        self,
        before: Iterable[CheckedBlock],
        after: Iterable[CheckedBlock],
        parent: BlockSchema | None,
        path: tuple[str, ...],
    ) -> Iterable[BlockChange]:
        schemas = self.vocabulary.allowed_in(parent)
        old, new = _by_name(before), _by_name(after)
        for key in sorted(old.keys() | new.keys()):
            schema = schemas[key[0]]
            here = (*path, f'{key[0]} "{key[1]}"' if key[1] else key[0])
            if key not in new:
                yield BlockChange("removed", here, self._all_fields(old[key], schema, self.before, gone=True))
            elif key not in old:
                yield BlockChange("added", here, self._all_fields(new[key], schema, self.after, gone=False))
            elif fields := self._fields(old[key], new[key], schema):
                yield BlockChange("changed", here, fields)
            was, is_now = (each.children if each else () for each in (old.get(key), new.get(key)))
            yield from self.blocks(was, is_now, schema, here)

    def _fields(self, before: CheckedBlock, after: CheckedBlock, schema: BlockSchema) -> tuple[FieldChange, ...]:
        found = []
        for field in schema.fields:
            old, new = before.values[field.name], after.values[field.name]
            if not _same(old, new):
                shown = show(old, field.type, self.before), show(new, field.type, self.after)
                found.append(FieldChange(field.name, *shown, _by(old, new, field.type)))
        return tuple(found)

    def _all_fields(
        self, block: CheckedBlock, schema: BlockSchema, package: CheckedPackage, *, gone: bool
    ) -> tuple[FieldChange, ...]:
        shown = [
            (field.name, show(block.values[field.name], field.type, package))
            for field in schema.fields
            if field.name in block.field_spans
        ]
        return tuple(FieldChange(name, *((text, "") if gone else ("", text))) for name, text in shown)


def _by_name(blocks: Iterable[CheckedBlock]) -> Mapping[tuple[str, str], CheckedBlock]:
    return {(block.kind, block.label): block for block in blocks}


def _same(before: object, after: object) -> bool:
    """Equal in meaning: the spelling of a time and the order of goods are none."""
    match before, after:
        case Instant(), Instant():
            return before.time_ms == after.time_ms
        case SkuSet(), SkuSet():
            return {*before.skus} == {*after.skus} and {*before.categories} == {*after.categories}
        case dict(), dict():
            return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
        case tuple(), tuple():
            return len(before) == len(after) and all(map(_same, before, after))
    return before == after


def _by(before: object, after: object, field_type: FieldType) -> str:
    match before, after:
        case Money(), Money() if before.currency == after.currency:
            difference = after.amount_minor - before.amount_minor
            return _signed(difference, money(abs(difference), after.currency))
        case PriceAction(money=Money() as old), PriceAction(money=Money() as new) if before.kind == after.kind:
            return _by(old, new, field_type)
        case PriceAction(ratio=old_ratio), PriceAction(ratio=new_ratio) if before.kind == after.kind:
            if old_ratio is not None and new_ratio is not None:
                return _signed(new_ratio > old_ratio or -1, percent(abs(new_ratio - old_ratio)))
        case int(), int() if field_type.kind is Kind.DURATION:
            return _signed(after - before, duration(abs(after - before)))
    return ""


def _signed(difference: int, text: str) -> str:
    return f"{'+' if difference > 0 else '-'}{text}"
