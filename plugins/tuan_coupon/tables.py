"""Collected coupons and what they were used for: the plugin's own tables, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    MetaData,
    Table,
    Text,
    and_,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from tuan.plugin import PluginTables, redeemed_counter

metadata = MetaData()

#: `expire_time_ms` 0: as long as the rule is active; 1: it was taken back.
coupons = Table(
    "coupons",
    metadata,
    Column("coupon_id", Text, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("template_id", Text, nullable=False),
    Column("ruleset_hash", Text, nullable=False),
    Column("collect_time_ms", BigInteger, nullable=False),
    Column("expire_time_ms", BigInteger, nullable=False),
)
Index("ix_coupons_buyer", coupons.c.caller, coupons.c.buyer, coupons.c.collect_time_ms, coupons.c.coupon_id)

#: One row per coupon that a paid order used. `restored`: a full refund gave it back. `buyer_counter`: what the order claimed.
coupon_uses = Table(
    "coupon_uses",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("coupon_id", Text, primary_key=True),
    Column("template_id", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("counter", Text, nullable=False),
    Column("off_minor", BigInteger, nullable=False),
    Column("use_time_ms", BigInteger, nullable=False),
    Column("restored", Boolean, nullable=False),
)
Index("ix_coupon_uses_counter", coupon_uses.c.counter, coupon_uses.c.restored)
Index("ix_coupon_uses_template_id", coupon_uses.c.template_id, coupon_uses.c.restored)


@dataclass(frozen=True, slots=True)
class Collected:
    """A buyer's coupon. `caller` is the application whose pseudonym `buyer` is."""

    coupon_id: str
    caller: str
    buyer: str
    template_id: str
    ruleset_hash: str
    collect_time_ms: int
    expire_time_ms: int


@dataclass(frozen=True, slots=True)
class Use:
    """A coupon (`coupon_id`, or a code) in a paid order; `counter`: what says how often it may be."""

    order_id: str
    coupon_id: str
    template_id: str
    caller: str
    buyer: str
    counter: str
    off_minor: int
    use_time_ms: int


def plugin_tables() -> PluginTables:
    return PluginTables(metadata, Path(__file__).parent / "migrations")


def put(connection: Connection, coupon: Collected) -> None:
    """A coupon that is there already is left as it is."""
    connection.execute(_insert(connection, coupons).values(asdict(coupon)).on_conflict_do_nothing())


def find(connection: Connection, coupon_ids: Collection[str]) -> dict[str, tuple[Collected, int]]:
    """Those that exist, by id, each with how often a refund gave it back."""
    restored = func.count(coupon_uses.c.order_id)
    # By what counts its uses, not by its id, which no index knows: orders would read all uses that there ever were.
    counter = redeemed_counter("coupon/") + coupons.c.coupon_id
    query = (
        select(*coupons.c, restored)
        .outerjoin(coupon_uses, and_(coupon_uses.c.counter == counter, coupon_uses.c.restored))
        .where(coupons.c.coupon_id.in_(coupon_ids))
        .group_by(*coupons.c)
    )
    return {row[0]: (Collected(*row[:-1]), row[-1]) for row in connection.execute(query)}


def restored_codes(connection: Connection, template_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
    """How often refunds gave back uses of codes, by (template, caller, buyer)."""
    table = coupon_uses.c
    who = (table.template_id, table.caller, table.buyer)
    query = select(*who, func.count()).where(table.template_id.in_(template_ids), table.restored).group_by(*who)
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}


def of_buyer(
    connection: Connection, caller: str, buyer: str, before: tuple[int, str] | None, count_max: int
) -> Sequence[tuple[Collected, int]]:
    """Newest first; `before`: collect time and id of the last one of the page before."""
    table = coupons.c
    query = select(table.coupon_id).where(table.caller == caller, table.buyer == buyer)
    if before is not None:
        time_ms, coupon_id = before
        older = (table.collect_time_ms < time_ms) | ((table.collect_time_ms == time_ms) & (table.coupon_id < coupon_id))
        query = query.where(older)
    ids = list(
        connection.execute(query.order_by(table.collect_time_ms.desc(), table.coupon_id.desc()).limit(count_max))
        .scalars()
        .all()
    )
    found = find(connection, ids)
    return [found[coupon_id] for coupon_id in ids]


def put_uses(connection: Connection, uses: Sequence[Use]) -> None:
    for use in uses:
        row = {**asdict(use), "restored": False}
        connection.execute(_insert(connection, coupon_uses).values(row).on_conflict_do_nothing())


def restore(connection: Connection, order_id: str) -> int:
    """All that an order used can be used again; how many there were."""
    mine = (coupon_uses.c.order_id == order_id) & ~coupon_uses.c.restored
    return connection.execute(update(coupon_uses).where(mine).values(restored=True)).rowcount


def take_back(connection: Connection, coupon_id: str) -> None:
    """It cannot be used any more."""
    connection.execute(update(coupons).where(coupons.c.coupon_id == coupon_id).values(expire_time_ms=1))


def uses_by_counter(connection: Connection) -> dict[str, int]:
    """How often paid orders used what a counter counts."""
    table = coupon_uses.c
    query = select(table.counter, func.count()).group_by(table.counter)
    return {row[0]: row[1] for row in connection.execute(query)}


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
