"""The `Shards` port: epochs, cursors, and whole shards as their drained intents left them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, or_, select, update

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.repositories.claims import claims_of
from tuan.adapters.sql_record.tables import alarms, applied_keys, counters, reservations, shards
from tuan.domain.claim import CounterSpec, ReservationSnapshot, ReservationState, ShardSnapshot
from tuan.domain.errors import InvalidValue
from tuan.ports import ShardRow

_HELD = (ReservationState.PENDING.value, ReservationState.CONFIRMED.value)


class SqlShards(Repository):
    def register(self, shard: str) -> int:
        row = {
            "shard": shard,
            "epoch": 1,
            "cursor": 0,
            "state": "new",
            "forgetful": False,
            "lease_owner": "",
            "lease_token": 0,
            "lease_expire_time_ms": 0,
        }
        self._insert_new(shards, row)
        return self._known(shard).epoch

    def get(self, shard: str) -> ShardRow | None:
        row = self._connection.execute(_rows().where(shards.c.shard == shard)).one_or_none()
        return None if row is None else ShardRow(*row)

    def all(self) -> list[ShardRow]:
        return [ShardRow(*row) for row in self._connection.execute(_rows().order_by(shards.c.shard))]

    def raise_epoch(self, shard: str) -> int:
        """Also closes the shard's gap and epoch alarms: they are about counters that the next epoch replaces."""
        raised = self._connection.execute(
            update(shards).where(shards.c.shard == shard).values(epoch=shards.c.epoch + 1).returning(shards.c.epoch)
        ).scalar()
        if raised is None:
            raise _unknown(shard)
        self._connection.execute(
            update(alarms).where(alarms.c.shard == shard, alarms.c.kind.in_(("gap", "stale_epoch"))).values(open=False)
        )
        return int(raised)

    def set_state(self, shard: str, state: str) -> None:
        self._connection.execute(update(shards).where(shards.c.shard == shard).values(state=state))

    def set_forgetful(self, shard: str) -> None:
        self._connection.execute(update(shards).where(shards.c.shard == shard).values(forgetful=True))

    def has_ended_before(self, shard: str, time_ms: int) -> bool:
        """Looks at one row: a shard's time never goes back, so its first ended reservation is its oldest one."""
        first = (
            select(reservations.c.create_time_ms)
            .where(reservations.c.shard == shard, reservations.c.state != ReservationState.PENDING.value)
            .order_by(reservations.c.sequence)
            .limit(1)
        )
        created_ms = self._connection.execute(first).scalar()
        return created_ms is not None and created_ms < time_ms

    def snapshot(self, shard: str, epoch: int) -> ShardSnapshot:
        """Of a forgetful shard, reservations that were given back whole are left out: nothing of them counts."""
        row = self._known(shard)
        specs = self._connection.execute(
            select(
                counters.c.name,
                counters.c.capacity,
                counters.c.open_time_ms,
                counters.c.close_time_ms,
                counters.c.confirm_deadline_ms,
            )
            .where(counters.c.shard == shard)
            .order_by(counters.c.name)
        )
        keys = self._connection.execute(
            select(applied_keys.c.key, applied_keys.c.applied)
            .where(applied_keys.c.shard == shard)
            .order_by(applied_keys.c.key)
        )
        return ShardSnapshot(
            epoch,
            row.cursor,
            tuple(CounterSpec(*spec) for spec in specs),
            tuple(self._reservations(shard, row.forgetful)),
            tuple((key, applied) for key, applied in keys),
        )

    def _reservations(self, shard: str, forgetful: bool) -> Iterator[ReservationSnapshot]:
        query = select(
            reservations.c.key,
            reservations.c.fingerprint,
            reservations.c.state,
            reservations.c.sequence,
            reservations.c.create_time_ms,
            reservations.c.due_ms,
            reservations.c.claims,
            reservations.c.returned,
            reservations.c.label,
        ).where(reservations.c.shard == shard)
        if forgetful:
            # A kept claim ends with `,1]`: the flag is the last of its five values.
            kept = reservations.c.claims.cast(reservations.c.key.type).contains(",1]")
            query = query.where(or_(reservations.c.state.in_(_HELD), kept))
        for row in self._connection.execute(query.order_by(reservations.c.sequence)):
            yield _snapshot(row)

    def _known(self, shard: str) -> ShardRow:
        row = self.get(shard)
        if row is None:
            raise _unknown(shard)
        return row


def _rows() -> Select[Any]:
    return select(shards.c.shard, shards.c.epoch, shards.c.cursor, shards.c.state, shards.c.forgetful)


def _snapshot(row: Any) -> ReservationSnapshot:
    return ReservationSnapshot(
        row.key,
        row.fingerprint,
        ReservationState(row.state),
        row.sequence,
        row.create_time_ms,
        row.due_ms,
        claims_of(row.claims),
        tuple(sorted(row.returned.items())),
        row.label,
    )


def _unknown(shard: str) -> InvalidValue:
    return InvalidValue("shard", f"{shard} is not known to the record; register it first")
