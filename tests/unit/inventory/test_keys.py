"""Key names: one maker, one slot."""

from __future__ import annotations

import pytest
from redis.crc import key_slot

from tuan.adapters.redis_inventory import shard_keys
from tuan.domain.errors import InvalidValue


@pytest.mark.parametrize("shard", ["sale", "团购-1", "0190163d-8694-739b-aea5-966c26f8ad90"])
def test_all_keys_of_a_shard_share_a_slot(shard: str) -> None:
    """Goal: the scripts run on Redis Cluster. Method: the slot of every key is that of the shard's name alone."""
    keys = shard_keys(shard)
    assert {key_slot(key.encode()) for key in keys} == {key_slot(shard.encode())}
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("shard", ["", "a{b", "a}b", "x" * 201])
def test_names_that_would_break_the_tag(shard: str) -> None:
    """Goal: two shards never share keys by accident. Method: names with braces, none, and too long ones."""
    with pytest.raises(InvalidValue):
        shard_keys(shard)
