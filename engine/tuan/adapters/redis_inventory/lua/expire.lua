-- Gives back pending reservations whose due time is past, longest overdue first.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 how many at most
-- RETURNS        the keys of those that expired; none for a shard that refuses (missing, stale epoch, closed)
-- IDEMPOTENT BY  state: a reservation that has ended is no longer due
-- CALLED FROM    RedisInventory.expire

local shard, refusal = enter()
if refusal then
  return {}
end
local keys = redis.call('ZRANGEBYSCORE', Key.due, '-inf', shard.now_ms, 'LIMIT', 0, ARGV[3])
read_reservations(keys)
read_counters(claims_of(keys), shard.now_ms)

for _, key in ipairs(keys) do
  local record = reservations[key]
  return_claims(record.claims, record.create_ms)
  end_reservation(shard, key, State.EXPIRED)
  log_intent(shard, 'expire', key, 0, false, NONE, '', record.content, cmsgpack.pack(''))
end
leave(shard)
return keys
