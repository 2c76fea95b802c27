"""The only maker of Redis key names. All keys of a shard share its hash tag, so that one script stays within one slot."""

from __future__ import annotations

from typing import NamedTuple

from tuan.adapters.claim_checks import check_shard


class ShardKeys(NamedTuple):
    """The keys of one shard. Scripts get all of them in this order, and call them by these names (`Key.meta` ...)."""

    meta: str
    """Hash: epoch, sequence, last_ms, open; load while a rebuild runs; sweep, the cursor of `forget`."""
    capacities: str
    """Hash: name -> {capacity, open_ms, close_ms, deadline_ms, used, taken}."""
    limits: str
    """Hash: name -> {window_ms, time_ms, used, taken, ...}; no field where nothing counts."""
    reservations: str
    """Hash: reservation key -> its record (lib/records.lua)."""
    due: str
    """Sorted set: reservation key by due time, pending ones only."""
    ended: str
    """List: keys of ended reservations in the order in which they ended; `forget` takes them from its head."""
    applied: str
    """Hash: restock, give_back or define key -> {verb, applied, sequence}."""
    intents: str
    """Stream: one entry per call that had an effect, with all of its intents; its id is `<sequence of the last>-0`."""


#: Names the record that these claims belong to; the one key that is of no shard.
OWNER_KEY = "tuan:record"


def shard_keys(shard: str) -> ShardKeys:
    """`"sale-7"` -> `tuan:{sale-7}:meta` and so on."""
    check_shard(shard)
    return ShardKeys(*(f"tuan:{{{shard}}}:{name}" for name in ShardKeys._fields))
