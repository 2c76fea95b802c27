-- Closes the shard: every verb is refused until `open_shard`. A shard that is not there stays so.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           none
-- RETURNS        nothing
-- IDEMPOTENT BY  state
-- CALLED FROM    RedisInventory.close_shard

if redis.call('EXISTS', Key.meta) == 1 then
  redis.call('HSET', Key.meta, 'open', 0)
end
