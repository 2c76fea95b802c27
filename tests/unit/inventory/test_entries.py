"""Entries of a shard's stream: the intents of one call, and what an earlier version left behind."""

from __future__ import annotations

import msgspec

from tuan.adapters.redis_inventory import wire
from tuan.domain.claim import Intent, Verb


def test_an_entry_of_one_intent_from_before_is_read() -> None:
    """Goal: what was acknowledged before an upgrade is drained after it. Method: an intent by itself, and the same in an entry of two."""
    fields = ["reserve", "k", 5, 1, 9, False, [], "", "f", "o1", ["stock/tea", 2, -1, 0, 0], "body"]
    packed = msgspec.msgpack.encode(fields)
    claims = (("stock/tea", 2, -1, 0, 0),)
    expected = Intent(7, Verb.RESERVE, "k", 5, 1, "f", 9, claims=claims, body="body", label="o1")
    assert wire.intents(b"7-0", packed) == [expected]
    both = wire.intents(b"8-0", b"\xdc\x00\x02" + packed + packed)
    assert both == [expected, msgspec.structs.replace(expected, sequence=8)]
