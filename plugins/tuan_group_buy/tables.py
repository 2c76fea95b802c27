"""Groups and their members: the plugin's own tables, and what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    exists,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from tuan.plugin import PluginTables, seats_counter
from tuan_group_buy.group import Group, GroupState, Member, MemberState
from tuan_group_buy.share_code import share_code

metadata = MetaData()

#: `seats_left` is by those who paid; `duration_ms` from the leader's payment to completion, 0 until then.
groups = Table(
    "group_buy_groups",
    metadata,
    Column("group_id", Text, primary_key=True),
    Column("activity_id", Text, nullable=False),
    Column("share_code", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("seats_left", Integer, nullable=False),
    Column("members_min", Integer, nullable=False),
    Column("min_new", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("virtual", Integer, nullable=False),
    Column("prizes", Integer, nullable=False),
    Column("leader_order_id", Text, nullable=False),
    Column("open_time_ms", BigInteger, nullable=False),
    Column("expire_time_ms", BigInteger, nullable=False),
    Column("end_time_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)
# Closest to completion first, then the oldest: among any number of groups a page is a short walk along this index.
Index(
    "ix_group_buy_groups_joinable",
    groups.c.activity_id,
    groups.c.state,
    groups.c.seats_left,
    groups.c.open_time_ms,
    groups.c.group_id,
)
Index("ix_group_buy_groups_fastest", groups.c.activity_id, groups.c.state, groups.c.duration_ms, groups.c.group_id)
Index("ix_group_buy_groups_share_code", groups.c.share_code)

members = Table(
    "group_buy_members",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("group_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("caller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("join_time_ms", BigInteger, nullable=False),
)
Index("ix_group_buy_members_group_id", members.c.group_id, members.c.place)
Index("ix_group_buy_members_buyer", members.c.caller, members.c.buyer, members.c.join_time_ms, members.c.order_id)


def plugin_tables() -> PluginTables:
    return PluginTables(metadata, Path(__file__).parent / "migrations")


def put(connection: Connection, group: Group, before: Group | None = None) -> None:
    """A group and its members as they are now, in place of what was there.

    `before`: as it is kept; members that have not changed since are not written again. Without it each member who pays for a group of
    200 writes all who paid before, 20,000 rows until it is complete.
    """
    known = before.members if before is not None else []
    row = {
        "group_id": group.group_id,
        "activity_id": group.activity_id,
        "share_code": share_code(group.group_id),
        "state": group.state.value,
        "seats": group.seats,
        "seats_left": group.seats - group.paid,
        "members_min": group.members_min,
        "min_new": group.min_new,
        "reached": group.reached,
        "virtual": group.virtual,
        "prizes": group.prizes,
        "leader_order_id": group.leader_order_id,
        "open_time_ms": group.open_time_ms,
        "expire_time_ms": group.expire_time_ms,
        "end_time_ms": group.end_time_ms,
        "duration_ms": group.end_time_ms - group.open_time_ms if group.reached else 0,
        "version": group.version,
    }
    _upsert(connection, groups, [row])
    rows = [
        {
            "order_id": member.order_id,
            "group_id": group.group_id,
            "place": place,
            "caller": member.caller,
            "buyer": member.buyer,
            "is_new": member.is_new,
            "state": member.state.value,
            "join_time_ms": member.join_time_ms,
        }
        for place, member in enumerate(group.members)
        if place >= len(known) or known[place] != member
    ]
    if rows:
        _upsert(connection, members, rows)


def find(connection: Connection, group_ids: Collection[str]) -> dict[str, Group]:
    """Those that exist, by id, with their members."""
    found = {
        row.group_id: _group(row) for row in connection.execute(select(groups).where(groups.c.group_id.in_(group_ids)))
    }
    query = select(members).where(members.c.group_id.in_(found)).order_by(members.c.group_id, members.c.place)
    for row in connection.execute(query) if found else ():
        found[row.group_id].members.append(_member(row))
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """What an order that joins a group has to know of it: reading the group whole costs six times as much, for each order."""

    state: GroupState
    expire_time_ms: int
    min_new: int
    paid: int


def standings(connection: Connection, group_ids: Collection[str]) -> dict[str, Standing]:
    """Those that exist, by id."""
    table = groups.c
    query = select(
        table.group_id, table.state, table.expire_time_ms, table.min_new, table.seats - table.seats_left
    ).where(table.group_id.in_(group_ids))
    return {row[0]: Standing(GroupState(row[1]), *row[2:]) for row in connection.execute(query)}


def find_one(connection: Connection, group_id: str) -> Group | None:
    return find(connection, [group_id]).get(group_id)


def group_of_order(connection: Connection, order_id: str) -> str | None:
    return connection.execute(select(members.c.group_id).where(members.c.order_id == order_id)).scalar()


def group_of_code(connection: Connection, code: str) -> str | None:
    """Of two groups with one code (there are 10^18 codes) the later one."""
    query = select(groups.c.group_id).where(groups.c.share_code == code).order_by(groups.c.group_id.desc())
    return connection.execute(query.limit(1)).scalar()


def joinable(
    connection: Connection,
    activity_id: str,
    now_ms: int,
    without: tuple[str, str] | None,
    after: tuple[int, int, str] | None,
    count_max: int,
) -> Sequence[str]:
    """Ids of open groups, closest to completion first, then the oldest. `without`: caller and buyer whose own are left out;
    `after`: seats left, open time and id of the last one of the page before."""
    table = groups.c
    wanted = [table.activity_id == activity_id, table.state == GroupState.OPEN.value, table.expire_time_ms > now_ms]
    order = (table.seats_left, table.open_time_ms, table.group_id)
    if without is not None:
        own = (members.c.group_id == table.group_id, members.c.caller == without[0], members.c.buyer == without[1])
        wanted.append(~exists().where(*own, members.c.state == MemberState.PAID.value))
    if after is not None:
        wanted.append(tuple_(*order) > tuple_(*after))
    return connection.execute(select(table.group_id).where(*wanted).order_by(*order).limit(count_max)).scalars().all()


def fastest(connection: Connection, activity_id: str, after: tuple[int, str] | None, count_max: int) -> Sequence[str]:
    """Ids of completed groups, by how long they took. `after`: time and id of the last one of the page before."""
    table = groups.c
    wanted: list[ColumnElement[bool]] = [
        table.activity_id == activity_id,
        table.state == GroupState.COMPLETED.value,
    ]
    order = (table.duration_ms, table.group_id)
    if after is not None:
        wanted.append(tuple_(*order) > tuple_(*after))
    return connection.execute(select(table.group_id).where(*wanted).order_by(*order).limit(count_max)).scalars().all()


def seats_of_completed(connection: Connection) -> dict[str, dict[str, int]]:
    """Members who paid, of every completed group: by activity, then by the counter of its seats."""
    table = groups.c
    query = select(table.activity_id, table.group_id, table.reached - table.virtual)
    found: dict[str, dict[str, int]] = {}
    for activity_id, group_id, paid in connection.execute(query.where(table.state == GroupState.COMPLETED.value)):
        found.setdefault(activity_id, {})[seats_counter(group_id)] = paid
    return found


def of_buyer(
    connection: Connection, caller: str, buyer: str, before: tuple[int, str] | None, count_max: int
) -> Sequence[tuple[str, str, int]]:
    """(group id, order id, join time), the latest first. `before`: join time and order of the last one of the page before."""
    table = members.c
    wanted = [and_(table.caller == caller, table.buyer == buyer)]
    order = (table.join_time_ms, table.order_id)
    if before is not None:
        wanted.append(tuple_(*order) < tuple_(*before))
    query = select(table.group_id, table.order_id, table.join_time_ms).where(*wanted)
    rows = connection.execute(query.order_by(*(column.desc() for column in order)).limit(count_max))
    return [(row[0], row[1], row[2]) for row in rows]


def _group(row: Row[Any]) -> Group:
    return Group(
        group_id=row.group_id,
        activity_id=row.activity_id,
        seats=row.seats,
        members_min=row.members_min,
        min_new=row.min_new,
        open_time_ms=row.open_time_ms,
        expire_time_ms=row.expire_time_ms,
        leader_order_id=row.leader_order_id,
        state=GroupState(row.state),
        end_time_ms=row.end_time_ms,
        reached=row.reached,
        virtual=row.virtual,
        prizes=row.prizes,
        version=row.version,
    )


def _member(row: Row[Any]) -> Member:
    return Member(row.order_id, row.caller, row.buyer, row.is_new, row.join_time_ms, MemberState(row.state))


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: column for column in statement.excluded if column.name not in keys}
    # Row by row: text of one form is compiled once, whatever is put.
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)
