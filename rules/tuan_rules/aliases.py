"""Other names, in other languages, for what a vocabulary declares: `价格` for `price`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Alias:
    """`name` is written in the place of the name that it is declared with, in files of people of this locale (`zh`)."""

    locale: str
    name: str


def names_in(locale: str, *names: str) -> tuple[Alias, ...]:
    """Aliases of a locale; the first is the one that tools write."""
    return tuple(Alias(locale, name) for name in names)


def zh(*names: str) -> tuple[Alias, ...]:
    """Chinese names: `aliases=zh("价格", "满减")`."""
    return names_in("zh", *names)


#: Names to the names of a locale, the first being the one that tools write.
Translation = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Names:
    """Names of a locale for what others declare: how the core has its Chinese names, and how a translation is a plugin of its own.

    `blocks`: by name (`price`). `fields`: `price.cap`, or `cap` for the field of that name in any block; what a block declares
    itself, or is said of it here, goes before the latter. `words`: the bare words of values (`skip`, `half_up`). `facts`: records (`buyer`)
    and facts (`buyer.level`). `functions`: whatever is called (`count`, `daily`, `credit`, predicates, actions). `arguments`: their names,
    and the keys of `given`. `events`: `flash_sale.join`. Names of what is not installed are not looked at.
    """

    locale: str
    blocks: Translation = field(default_factory=dict)
    fields: Translation = field(default_factory=dict)
    words: Translation = field(default_factory=dict)
    facts: Translation = field(default_factory=dict)
    functions: Translation = field(default_factory=dict)
    arguments: Translation = field(default_factory=dict)
    events: Translation = field(default_factory=dict)
