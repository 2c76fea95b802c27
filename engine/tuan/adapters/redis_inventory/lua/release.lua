-- Gives pending reservations back: cancelled, or refused by a later shard of the same order.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 batch: {{key, packed body}, ...}
-- RETURNS        one answer per item: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED, UNKNOWN_RESERVATION, ALREADY_CONFIRMED,
--                ALREADY_EXPIRED
-- IDEMPOTENT BY  reservation key
-- CALLED FROM    RedisInventory.release

local batch = cmsgpack.unpack(ARGV[3])
local shard, refusal = enter()
if refusal then
  return refuse_all(#batch, refusal)
end
local keys = column(batch, 1)
read_reservations(keys)
read_counters(claims_of(keys), shard.now_ms)

local function release(key, body)
  local record = reservations[key]
  local refused_as = refuse_end(record, State.RELEASED)
  if refused_as then
    return refused_as
  end
  return_claims(record.claims, record.create_ms)
  local sequence = end_reservation(shard, key, State.RELEASED)
  log_intent(shard, 'release', key, 0, false, NONE, '', record.content, body)
  return granted(record, sequence)
end

local answers = {}
for i, item in ipairs(batch) do
  answers[i] = release(item[1], item[2])
end
leave(shard)
return array_of(answers)
