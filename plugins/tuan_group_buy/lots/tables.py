"""Draws of lottery groups as they are kept: what is published of each, and apart from that the seed.

A seed is read by the one reaction that reveals it; whoever reads a draw to publish it reads a table that holds none.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, Text, insert, select, update

from tuan_group_buy.draw import Announcement, Frozen, Record, Revealed
from tuan_group_buy.draw.canonical import canonical, parse
from tuan_group_buy.draw.documents import Document
from tuan_group_buy.tables import metadata

#: Canonical JSON of each document, under the name of its stage; empty until its time.
draws = Table(
    "group_buy_draws",
    metadata,
    Column("group_id", Text, primary_key=True),
    Column("announced", Text, nullable=False),
    Column("frozen", Text, nullable=False),
    Column("revealed", Text, nullable=False),
)
#: In hexadecimal. Nobody's to know before the draw.
seeds = Table(
    "group_buy_seeds",
    metadata,
    Column("group_id", Text, primary_key=True),
    Column("seed", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as far as it has come."""

    announced: Announcement
    frozen: Frozen | None = None
    revealed: Revealed | None = None

    @property
    def record(self) -> Record | None:
        """All of it, once it is drawn."""
        if self.frozen is None or self.revealed is None:
            return None
        return Record(self.announced, self.frozen, self.revealed)


def add_draw(connection: Connection, announced: Announcement, seed: bytes) -> None:
    row = {"group_id": announced.draw_id, "announced": shown(announced), "frozen": "", "revealed": ""}
    connection.execute(insert(draws).values(row))
    connection.execute(insert(seeds).values(group_id=announced.draw_id, seed=seed.hex()))


def put_document(connection: Connection, group_id: str, document: Document) -> None:
    """The next one of a draw."""
    connection.execute(update(draws).where(draws.c.group_id == group_id).values({document.stage: shown(document)}))


def find_draw(connection: Connection, group_id: str) -> Draw | None:
    row = connection.execute(select(draws).where(draws.c.group_id == group_id)).one_or_none()
    if row is None:
        return None
    return Draw(
        Announcement.from_json(parse(row.announced.encode())),
        Frozen.from_json(parse(row.frozen.encode())) if row.frozen else None,
        Revealed.from_json(parse(row.revealed.encode())) if row.revealed else None,
    )


def seed_of(connection: Connection, group_id: str) -> bytes:
    return bytes.fromhex(connection.execute(select(seeds.c.seed).where(seeds.c.group_id == group_id)).scalar_one())


def shown(document: Document) -> str:
    """The text that is published and hashed."""
    return canonical(document.as_json()).decode()
