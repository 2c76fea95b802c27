-- Looks reservations up: how a caller learns what became of a call whose answer was lost. A shard that is missing or being
-- rebuilt says so for every key, because "unknown" from it would be taken for "never happened".
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 '', 2 now_ms or '', 3 {key, ...}
-- RETURNS        one answer per key: GRANTED, SHARD_MISSING, SHARD_CLOSED, UNKNOWN_RESERVATION
-- IDEMPOTENT BY  it writes nothing
-- CALLED FROM    RedisInventory.reservations

local keys = cmsgpack.unpack(ARGV[3])
local _, refusal = enter()
if refusal then
  return refuse_all(#keys, refusal)
end
read_reservations(keys)

local answers = {}
for i, key in ipairs(keys) do
  local record = reservations[key]
  answers[i] = record and replayed(record, record.sequence, record.due_ms, 0) or refused(nil, Code.UNKNOWN_RESERVATION)
end
return array_of(answers)
