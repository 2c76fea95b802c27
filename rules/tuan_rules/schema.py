"""Block schemas: what a plugin says about its block, from which come the checks, the docs and the suggestions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tuan_rules.aliases import Alias, names_in
from tuan_rules.diagnostics.model import Diagnostic

if TYPE_CHECKING:
    from tuan_rules.checked import CheckedBlock
    from tuan_rules.sources import Becomes

#: In `BlockSchema.parents`: the block may stand outside every other block.
TOP_LEVEL = ""


class Kind(StrEnum):
    """The family of a field type; the names are those that diagnostics and docs show."""

    MONEY = "money"
    PERCENT = "percent"
    DURATION = "duration"
    INSTANT = "instant"
    WINDOW = "window"
    SCHEDULE = "schedule"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    LIMITS = "limits"
    LIST_OF = "list"
    LADDER_OF = "ladder"
    ENUM = "one of"
    REFERENCE = "reference"
    PREDICATE = "condition"
    AMOUNT_EXPRESSION = "amount"
    PRICE_ACTION = "price action"
    GIVE = "discount"
    CAP = "cap"
    SHARE_OF = "share"
    SKU_SET = "goods"
    RECORD = "record"
    PRICE_OR_LADDER = "price or ladder"
    ACTIONS = "actions"
    VERDICT = "verdict"
    SETTLEMENT = "settlement"
    EVENT = "event"
    BLOCK_KIND = "kind of block"
    ANY_EXPRESSION = "expression"
    GIVEN = "given facts"
    MAP_OF = "map"


@dataclass(frozen=True, slots=True)
class FieldType:
    """What may stand on the right of `=`. Use the constants and makers below, not this class.

    `item` is the element of a list or the price of a ladder, `names` the values of an enum or the kinds of a
    reference (none: any kind), `fields` those of a record. `rewards`: of actions, whether those that plugins declare are taken too.
    `words`: other names of the values of an enum.
    """

    kind: Kind
    item: FieldType | None = None
    names: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    max_items: int = 1000
    rewards: bool = False
    words: tuple[tuple[str, Alias], ...] = ()

    def also(self, locale: str, **names: str) -> FieldType:
        """The words of an enum in another language: `ENUM("clip", "skip").also("zh", clip="截断", skip="跳过")`."""
        added = tuple((word, alias) for word, name in names.items() for alias in names_in(locale, name))
        return replace(self, words=(*self.words, *added))

    def __str__(self) -> str:
        match self.kind:
            case Kind.LIST_OF:
                return f"list of {self.item}"
            case Kind.LADDER_OF:
                return f"ladder of {self.item}"
            case Kind.MAP_OF:
                return f"{self.item} by name"
            case Kind.ENUM:
                return "one of " + ", ".join(self.names)
            case Kind.REFERENCE:
                return "reference to " + (" or ".join(self.names) or "a block")
        return str(self.kind)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a block. `default` is a checked value (a `Money`, a `ShareOf`), not source text.

    `example` is the source of a value (`set(¥29.90)`); diagnostics show it where the value has the wrong type.
    """

    name: str
    type: FieldType
    doc: str
    required: bool = False
    default: object = None
    example: str = ""
    aliases: tuple[Alias, ...] = ()


Lint = Callable[["CheckedBlock"], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class BlockSchema:
    """One kind of block. `children` stand only in it; `parents` names the blocks it may stand in (none: top level).

    `label_required=False` makes the label optional; `at_most` bounds how many may stand in one package or parent. `becomes`: the
    price that a block makes of lines where no engine runs it (`tuan_rules.sources`). `named_in`: a fact that is a list of texts, such
    as `cart.coupons`: as a price rule the block counts only where that list has its label, or its rule's id (`package/kind/label`), which
    no other package can have.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]
    children: tuple[BlockSchema, ...] = ()
    parents: tuple[str, ...] = ()
    label_required: bool = True
    example: str = ""
    lints: tuple[Lint, ...] = ()
    at_most: int | None = None
    becomes: Becomes | None = None
    named_in: str = ""
    aliases: tuple[Alias, ...] = ()

    def field(self, name: str) -> Field | None:
        """The field of that name, if the block has it."""
        return next((field for field in self.fields if field.name == name), None)

    def child(self, name: str) -> BlockSchema | None:
        """The nested block of that name, if one is declared here."""
        return next((child for child in self.children if child.name == name), None)


MONEY = FieldType(Kind.MONEY)
PERCENT = FieldType(Kind.PERCENT)
DURATION = FieldType(Kind.DURATION)
INSTANT = FieldType(Kind.INSTANT)
WINDOW = FieldType(Kind.WINDOW)
SCHEDULE = FieldType(Kind.SCHEDULE)
INTEGER = FieldType(Kind.INTEGER)
TEXT = FieldType(Kind.TEXT)
BOOLEAN = FieldType(Kind.BOOLEAN)
LIMITS = FieldType(Kind.LIMITS)
PREDICATE = FieldType(Kind.PREDICATE)
AMOUNT_EXPRESSION = FieldType(Kind.AMOUNT_EXPRESSION)
PRICE_ACTION = FieldType(Kind.PRICE_ACTION)
GIVE = FieldType(Kind.GIVE)
CAP = FieldType(Kind.CAP)
SHARE_OF = FieldType(Kind.SHARE_OF)
SKU_SET = FieldType(Kind.SKU_SET)
#: `set(¥35.00)`, or `[2 => ¥39.00, 3 => ¥35.00]` by members.
PRICE_OR_LADDER = FieldType(Kind.PRICE_OR_LADDER)
VERDICT = FieldType(Kind.VERDICT)
SETTLEMENT = FieldType(Kind.SETTLEMENT)
#: `flash_sale.join`: one of the vocabulary's events.
EVENT = FieldType(Kind.EVENT)
#: `flash_sale`: the name of a block of the vocabulary.
BLOCK_KIND = FieldType(Kind.BLOCK_KIND)
ANY_EXPRESSION = FieldType(Kind.ANY_EXPRESSION)
#: The facts of a purchase, against the vocabulary; the value is a `tuan_rules.given.Given`.
GIVEN = FieldType(Kind.GIVEN)


def LIST_OF(item: FieldType, max_items: int = 1000) -> FieldType:
    """`[a, b]`; the value is a tuple of at most `max_items`."""
    return FieldType(Kind.LIST_OF, item=item, max_items=max_items)


def LADDER_OF(item: FieldType, max_items: int = 100) -> FieldType:
    """`[2 => ¥39.00, 3 => ¥35.00]`; the value is a tuple of (integer, item), with ascending integers."""
    return FieldType(Kind.LADDER_OF, item=item, max_items=max_items)


def ENUM(*names: str) -> FieldType:
    """One of these bare words; the value is the word."""
    return FieldType(Kind.ENUM, names=names)


def REFERENCE(*kinds: str) -> FieldType:
    """`flash_sale "evening"`: a block of one of these kinds (none named: of any); the value is a `Reference`."""
    return FieldType(Kind.REFERENCE, names=kinds)


def LIMITS_PER(*subjects: str) -> FieldType:
    """`3 per buyer`: limits of these subjects alone."""
    return FieldType(Kind.LIMITS, names=subjects)


def ACTIONS(*names: str, rewards: bool = False) -> FieldType:
    """`credit(¥2.00)`, `refund(route: original) then grant(coupon "care-5")`: actions of these names; the value is a tuple.

    `rewards`: also every action that a plugin declares (`tuan_rules.Action`).
    """
    return FieldType(Kind.ACTIONS, names=names, rewards=rewards)


def RECORD(*fields: Field) -> FieldType:
    """`{ level: 3, qty: 1 }` with these fields; the value is a mapping with every field, defaults filled in."""
    return FieldType(Kind.RECORD, fields=fields)


def MAP_OF(item: FieldType, max_items: int = 100) -> FieldType:
    """`{ "member-98": "excluded" }` with any names; the value is a mapping from name to item."""
    return FieldType(Kind.MAP_OF, item=item, max_items=max_items)
