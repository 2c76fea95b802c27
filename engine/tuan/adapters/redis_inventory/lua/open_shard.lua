-- Opens the shard, when it is of the caller's epoch and wholly loaded.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch
-- RETURNS        a code: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED (a load began and did not end)
-- IDEMPOTENT BY  state
-- CALLED FROM    RedisInventory.open_shard

local epoch, load = unpack(redis.call('HMGET', Key.meta, 'epoch', 'load'))
if not epoch then
  return Code.SHARD_MISSING
elseif epoch ~= ARGV[1] then
  return Code.STALE_EPOCH
elseif load then
  return Code.SHARD_CLOSED
end
redis.call('HSET', Key.meta, 'open', 1)
return Code.GRANTED
