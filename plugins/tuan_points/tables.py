"""Points that came and went: the plugin's own tables, and what is asked of them.

An account is the sums of its entries. What came in is a lot with what is `left` of it; spending takes from the lots that expire first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    case,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from tuan.plugin import PluginTables

metadata = MetaData()

#: `reference` is unique for ever: the same cause never counts twice. `expire_time_ms`: of a lot, or of the lot that expired or was
#: called back; 0: never. `left`: of a lot, not spent yet.
entries = Table(
    "points_entries",
    metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("caller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("program_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("expire_time_ms", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("worth_minor", BigInteger, nullable=False),
    Column("funded_by", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_points_entries_buyer", entries.c.caller, entries.c.buyer, entries.c.number)
Index("ix_points_entries_order_id", entries.c.order_id)
Index("ix_points_entries_expire_time_ms", entries.c.expire_time_ms, entries.c.left)

SPENT, EXPIRED, UNEXPIRED, REVALUED = "spent", "expired", "unexpired", "revalued"
Account = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """`points` less than 0: they went. `worth_minor`: of one in `currency`, when it came."""

    reference: str
    caller: str
    buyer: str
    program_id: str
    kind: str
    points: int
    order_id: str
    time_ms: int
    currency: str
    worth_minor: int
    funded_by: str
    expire_time_ms: int = 0
    left: int = 0
    number: int = 0

    @property
    def account(self) -> Account:
        return self.caller, self.buyer, self.program_id


@dataclass(frozen=True, slots=True)
class Sums:
    """`granted`: what came in less what expired or was taken back; `spent`; `due`: of lots whose time is over already."""

    granted: int = 0
    spent: int = 0
    due: int = 0


def plugin_tables() -> PluginTables:
    return PluginTables(metadata, Path(__file__).parent / "migrations")


def add(connection: Connection, entry: Entry) -> bool:
    """False when its cause was counted before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row: dict[str, Any] = asdict(entry)
    del row["number"]
    statement = insert(entries).values(row).on_conflict_do_nothing().returning(entries.c.number)
    return connection.execute(statement).first() is not None


def take(
    connection: Connection, account: Account, points: int, reference: str = "", valid_at_ms: int = 0
) -> Counter[int]:
    """Take from what is left of lots, those that expire first before the others; how many were there, by what one was worth.

    Of one lot alone (`reference`), or of those that were not over at `valid_at_ms`.
    """
    table = entries.c
    query = select(table.number, table.left, table.worth_minor).where(_of(account), table.left > 0)
    if reference:
        query = query.where(table.reference == reference)
    if valid_at_ms:
        query = query.where((table.expire_time_ms == 0) | (table.expire_time_ms > valid_at_ms))
    order = (case((table.expire_time_ms == 0, 1), else_=0), table.expire_time_ms, table.number)
    missing = points
    taken: Counter[int] = Counter()
    for number, left, worth_minor in connection.execute(query.order_by(*order)).all():
        part = min(left, missing)
        if part:
            connection.execute(update(entries).where(table.number == number).values(left=left - part))
            missing -= part
            taken[worth_minor] += part
    return taken


def sums(connection: Connection, buyers: Collection[tuple[str, str]], now_ms: int) -> dict[Account, Sums]:
    """Of all accounts of these (caller, buyer).

    SQLite searches its index for two lists, and scans the table for a list of pairs; what is not asked for falls out afterwards.
    """
    wanted = set(buyers)
    table = entries.c
    spent = table.kind == SPENT
    is_due = (table.expire_time_ms > 0) & (table.expire_time_ms <= now_ms)
    query = (
        select(
            table.caller,
            table.buyer,
            table.program_id,
            func.sum(case((spent, 0), else_=table.points)),
            func.sum(case((spent, -table.points), else_=0)),
            func.sum(case((is_due, table.left), else_=0)),
        )
        .where(
            table.caller.in_({caller for caller, _ in wanted}),
            table.buyer.in_({buyer for _, buyer in wanted}),
        )
        .group_by(table.caller, table.buyer, table.program_id)
    )
    return {
        (row[0], row[1], row[2]): Sums(int(row[3]), int(row[4]), int(row[5]))
        for row in connection.execute(query)
        if (row[0], row[1]) in wanted
    }


def next_to_expire(connection: Connection, account: Account) -> tuple[int, int]:
    """(time, points) of the lot that is over next; zeros where none is."""
    table = entries.c
    query = select(table.expire_time_ms, func.sum(table.left)).where(_of(account), table.left > 0)
    query = query.where(table.expire_time_ms > 0).group_by(table.expire_time_ms).order_by(table.expire_time_ms).limit(1)
    row = connection.execute(query).first()
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


def due_lots(connection: Connection, now_ms: int, count_max: int) -> Sequence[Entry]:
    """Lots whose time is over, with something left."""
    table = entries.c
    query = select(entries).where(table.expire_time_ms > 0, table.expire_time_ms <= now_ms, table.left > 0)
    return [_entry(row) for row in connection.execute(query.order_by(table.number).limit(count_max).with_for_update())]


def of_order(connection: Connection, order_id: str) -> Sequence[Entry]:
    query = select(entries).where(entries.c.order_id == order_id).order_by(entries.c.number)
    return [_entry(row) for row in connection.execute(query)]


def of_buyer(connection: Connection, caller: str, buyer: str, before: int, count_max: int) -> Sequence[Entry]:
    """Newest first; numbers below `before` (0: all)."""
    table = entries.c
    query = select(entries).where(table.caller == caller, table.buyer == buyer)
    if before:
        query = query.where(table.number < before)
    return [_entry(row) for row in connection.execute(query.order_by(table.number.desc()).limit(count_max))]


def by_reference(connection: Connection, reference: str) -> Entry | None:
    row = connection.execute(select(entries).where(entries.c.reference == reference)).first()
    return None if row is None else _entry(row)


def spent_by_account(connection: Connection) -> dict[Account, int]:
    table = entries.c
    who = (table.caller, table.buyer, table.program_id)
    query = select(*who, -func.sum(table.points)).where(table.kind == SPENT).group_by(*who)
    return {(row[0], row[1], row[2]): int(row[3]) for row in connection.execute(query)}


def owed_by_program(connection: Connection) -> dict[tuple[str, str], int]:
    """Minor units by (program, currency): what all points are worth, debts of buyers taken off."""
    table = entries.c
    query = select(table.program_id, table.currency, func.sum(table.points * table.worth_minor))
    return {
        (row[0], row[1]): int(row[2]) for row in connection.execute(query.group_by(table.program_id, table.currency))
    }


def expired_after(connection: Connection, account: Account, time_ms: int) -> Sequence[tuple[int, int, int]]:
    """(time, worth, points) of lots whose time was over after `time_ms`: what expired and was not called back, the oldest first."""
    table = entries.c
    gone = -func.sum(table.points)
    query = (
        select(table.expire_time_ms, table.worth_minor, gone)
        .where(_of(account), table.kind.in_((EXPIRED, UNEXPIRED)), table.expire_time_ms > time_ms)
        .group_by(table.expire_time_ms, table.worth_minor)
        .having(gone > 0)
        .order_by(table.expire_time_ms, table.worth_minor)
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in connection.execute(query)]


def _of(account: Account) -> Any:
    caller, buyer, program_id = account
    return (entries.c.caller == caller) & (entries.c.buyer == buyer) & (entries.c.program_id == program_id)


def _entry(row: Any) -> Entry:
    names = Entry.__dataclass_fields__
    return Entry(**{name: getattr(row, name) for name in names})
