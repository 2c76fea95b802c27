-- Reads the shard's own facts, also of a closed shard.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 '', 2 now_ms or ''
-- RETURNS        {epoch, sequence, 1 if open, the shard's time now in Unix ms}, nil for a shard that is missing
-- IDEMPOTENT BY  it writes nothing
-- CALLED FROM    RedisInventory.shard_state

local epoch, sequence, open, last_ms = unpack(redis.call('HMGET', Key.meta, 'epoch', 'sequence', 'open', 'last_ms'))
return epoch and { epoch, sequence, open, now_ms_after(last_ms) }
