"""Credits and what is left of them: the plugin's own table, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    Table,
    Text,
    and_,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from tuan.plugin import PluginTables

metadata = MetaData()

wallet_credits = Table(
    "wallet_credits",
    metadata,
    Column("reward_id", Text, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("funded_by", Text, nullable=False),
    Column("grant_time_ms", BigInteger, nullable=False),
    Column("left_minor", BigInteger, nullable=False),
)
Index("ix_wallet_credits_recipient", wallet_credits.c.caller, wallet_credits.c.recipient)


@dataclass(frozen=True, slots=True)
class Credit:
    """`left_minor`: of `amount_minor`, not taken back. `caller` is the application whose pseudonym `recipient` is."""

    reward_id: str
    caller: str
    recipient: str
    currency: str
    amount_minor: int
    funded_by: str
    grant_time_ms: int
    left_minor: int


def plugin_tables() -> PluginTables:
    return PluginTables(metadata, Path(__file__).parent / "migrations")


def add(connection: Connection, credit: Credit) -> bool:
    """False when its reward was granted before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(wallet_credits).values(asdict(credit)).on_conflict_do_nothing()
    return connection.execute(statement.returning(wallet_credits.c.reward_id)).first() is not None


def find(connection: Connection, reward_id: str) -> Credit | None:
    row = connection.execute(select(wallet_credits).where(wallet_credits.c.reward_id == reward_id)).first()
    return None if row is None else Credit(*row)


def take_left(connection: Connection, reward_id: str) -> None:
    connection.execute(update(wallet_credits).where(wallet_credits.c.reward_id == reward_id).values(left_minor=0))


def sums_of(connection: Connection, caller: str, recipient: str) -> Sequence[tuple[str, int]]:
    """What is left of one person's credits, by currency."""
    table = wallet_credits.c
    query = select(table.currency, func.sum(table.left_minor)).where(_of(caller, recipient))
    rows = connection.execute(query.group_by(table.currency).order_by(table.currency))
    return [(row[0], int(row[1])) for row in rows]


def of_recipient(
    connection: Connection, caller: str, recipient: str, before: tuple[int, str] | None, count_max: int
) -> Sequence[Credit]:
    """Newest first; `before`: grant time and id of the last one of the page before."""
    table = wallet_credits.c
    query = select(wallet_credits).where(_of(caller, recipient))
    if before is not None:
        query = query.where(tuple_(table.grant_time_ms, table.reward_id) < tuple_(*before))
    query = query.order_by(table.grant_time_ms.desc(), table.reward_id.desc()).limit(count_max)
    return [Credit(*row) for row in connection.execute(query)]


def _of(caller: str, recipient: str) -> ColumnElement[bool]:
    return and_(wallet_credits.c.caller == caller, wallet_credits.c.recipient == recipient)


def sums_by_caller(connection: Connection) -> Iterator[tuple[tuple[str, str], int]]:
    """What is left, by (caller, currency)."""
    table = wallet_credits.c
    query = select(table.caller, table.currency, func.sum(table.left_minor)).group_by(table.caller, table.currency)
    for row in connection.execute(query):
        yield (row[0], row[1]), int(row[2])
