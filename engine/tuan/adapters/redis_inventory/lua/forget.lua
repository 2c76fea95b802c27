-- Drops reservations that ended long ago: SQL has them. What they confirmed or kept goes on counting. Also drops limits of
-- which nothing counts any more, a share of them per call, so that subjects who never come back leave nothing behind.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 '', 2 now_ms or '', 3 {ended_before_ms, count_max}
-- RETURNS        how many reservations were dropped; 0 for a shard that is missing or closed
-- IDEMPOTENT BY  state: what is dropped is no longer there
-- CALLED FROM    RedisInventory.forget

local ended_before_ms, count_max = unpack(cmsgpack.unpack(ARGV[3]))
local shard, refusal = enter()
if refusal then
  return 0
end

-- `Key.ended` is in the order of the end times, because time never goes backwards.
local oldest = redis.call('LRANGE', Key.ended, 0, count_max - 1)
read_reservations(oldest)
local dropped = {}
for _, key in ipairs(oldest) do
  if reservations[key].end_ms >= ended_before_ms then
    break
  end
  dropped[#dropped + 1] = key
end
if #dropped > 0 then
  write_many('HDEL', Key.reservations, dropped)
  redis.call('LTRIM', Key.ended, #dropped, -1)
end

local cursor = redis.call('HGET', Key.meta, 'sweep') or '0'
local scanned = redis.call('HSCAN', Key.limits, cursor, 'COUNT', count_max)
for i = 1, #scanned[2], 2 do
  local name, packed = scanned[2][i], scanned[2][i + 1]
  limits[name] = still_counting(cmsgpack.unpack(packed), shard.now_ms)
  limits_changed[name] = not limits[name] or nil
end
write_limits()
if scanned[1] ~= cursor then
  redis.call('HSET', Key.meta, 'sweep', scanned[1])
end
return #dropped
