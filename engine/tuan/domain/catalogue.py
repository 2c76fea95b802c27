"""Products, SKUs, their prices and their stock by warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Product:
    product_id: str
    title: str
    category: str
    """Path from the root, `/`-separated: `fresh/fruit/apple`."""


@dataclass(frozen=True, slots=True)
class Sku:
    """A thing that can be bought. `list_minor`: list price of one unit, tax included. `attributes`: size, colour ..."""

    sku: str
    product_id: str
    title: str
    category: str
    currency: str
    list_minor: int
    active: bool = True
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockLevel:
    """Units of a SKU on hand in a warehouse: what was put there less what was shipped."""

    sku: str
    warehouse: str
    on_hand: int
