"""A snapshot in parts small enough that no script blocks Redis for long."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

from tuan.adapters.redis_inventory import wire
from tuan.adapters.redis_inventory.packing import encode
from tuan.domain.claim import ShardSnapshot

T = TypeVar("T")

#: Reservations, counters or keys per part: about 15 ms of Redis.
PART_SIZE = 1000


def snapshot_parts(snapshot: ShardSnapshot) -> Iterator[bytes]:
    """The third argument of load.lua for each call. Reservations go in the order of their creation, as limits need it."""
    reservations = sorted(snapshot.reservations, key=lambda r: (r.create_time_ms, r.sequence))
    latest_ms = reservations[-1].create_time_ms if reservations else 0
    load_id = os.urandom(8).hex()
    parts: Iterator[tuple[Sequence[Any], Sequence[Any], Sequence[Any]]] = chain(
        ((specs, (), ()) for specs in _cut(snapshot.counters)),
        (((), keys, ()) for keys in _cut(snapshot.applied_keys)),
        (((), (), some) for some in _cut(reservations)),
    )
    ahead: tuple[Sequence[Any], Sequence[Any], Sequence[Any]] | None = next(parts, ((), (), ()))
    number = 0
    while ahead is not None:
        (specs, keys, some), ahead, number = ahead, next(parts, None), number + 1
        yield encode(
            (
                load_id,
                number,
                ahead is None,
                snapshot.sequence,
                latest_ms,
                wire.flat_specs(specs),
                list(chain.from_iterable(keys)),
                [wire.snapshot_item(reservation) for reservation in some],
            )
        )


def _cut(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(values), PART_SIZE):
        yield values[first : first + PART_SIZE]
