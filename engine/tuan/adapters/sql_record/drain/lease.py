"""Leases: one owner per shard at a time, and the fence that stops an owner which does not know yet that it lost one.

An owner that was paused beyond its lease may wake up in the middle of a batch. Its transaction begins with `advance`, which
matches no row once somebody else raised the token: clocks decide who owns a shard, never what is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, case, or_, select, update

from tuan.adapters.sql_record.drain.errors import LostLease
from tuan.adapters.sql_record.tables import shards

_MINE = shards.c.lease_owner == bindparam("owner")
_ATTENTION = (
    select(shards.c.shard)
    .where(
        or_(
            and_(~_MINE, shards.c.lease_expire_time_ms <= bindparam("now_ms")),
            and_(_MINE, shards.c.lease_expire_time_ms <= bindparam("soon_ms")),
        )
    )
    .limit(1)
)


@dataclass(slots=True)
class Lease:
    """A shard in the hands of this owner, as SQL had it when it was last looked at or advanced."""

    shard: str
    token: int
    epoch: int
    cursor: int


def needs_attention(connection: Connection, owner: str, now_ms: int, soon_ms: int) -> bool:
    """Whether there is a shard to take, or a lease to renew before `soon_ms`."""
    wanted = {"owner": owner, "now_ms": now_ms, "soon_ms": soon_ms}
    return connection.execute(_ATTENTION, wanted).first() is not None


def take(connection: Connection, owner: str, now_ms: int, expire_time_ms: int) -> list[Lease]:
    """Renew what this owner has, take what nobody has; all that it has now. A new owner gets a new token."""
    mine = shards.c.lease_owner == owner
    connection.execute(
        update(shards)
        .where(or_(mine, shards.c.lease_expire_time_ms <= now_ms))
        .values(
            lease_token=case((mine, shards.c.lease_token), else_=shards.c.lease_token + 1),
            lease_owner=owner,
            lease_expire_time_ms=expire_time_ms,
        )
    )
    rows = connection.execute(select(shards.c.shard, shards.c.lease_token, shards.c.epoch, shards.c.cursor).where(mine))
    return [Lease(*row) for row in rows]


def give_up(connection: Connection, owner: str) -> None:
    """Let the next owner begin at once."""
    connection.execute(
        update(shards).where(shards.c.lease_owner == owner).values(lease_owner="", lease_expire_time_ms=0)
    )


def free_all(connection: Connection) -> None:
    """End every lease: for a process that knows that no other can be alive. Its own get new tokens."""
    connection.execute(update(shards).values(lease_owner="", lease_expire_time_ms=0))


def advance(connection: Connection, lease: Lease, cursor: int, expire_time_ms: int) -> None:
    """The fence, and the first statement of every batch: on PostgreSQL it also locks the shard's row until the end."""
    moved = connection.execute(
        update(shards)
        .where(
            shards.c.shard == lease.shard,
            shards.c.lease_token == lease.token,
            shards.c.epoch == lease.epoch,
            shards.c.cursor == lease.cursor,
        )
        .values(
            cursor=cursor,
            lease_expire_time_ms=expire_time_ms,
            # Drained again, so no longer new, nor stopped: an empty claims store would now be a lost one.
            state=case((shards.c.state.in_(("new", "stopped")), "open"), else_=shards.c.state),
        )
    )
    if moved.rowcount != 1:
        raise LostLease(lease.shard)
