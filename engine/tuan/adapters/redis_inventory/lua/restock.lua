-- Changes the size of named capacities by a delta of either sign. What is used stays: a capacity never falls below it.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 batch: {{key, counter, delta, clip, packed body}, ...}
-- RETURNS        one answer per item: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED, FINGERPRINT_MISMATCH (the key belongs
--                to another verb), UNKNOWN_COUNTER, TOO_MUCH
-- IDEMPOTENT BY  restock key
-- CALLED FROM    RedisInventory.restock

local batch = cmsgpack.unpack(ARGV[3])
local shard, refusal = enter()
if refusal then
  return refuse_all(#batch, refusal)
end
read_applied(column(batch, 1))
read_capacities(column(batch, 2))

local QUANTITY_MAX = 9007199254740991 -- 2^53 - 1: Lua counts in doubles

local function restock(key, name, delta, clip, body)
  if applied[key] then
    return answer_applied(key, 'restock')
  end
  local capacity = capacities[name]
  if not capacity then
    return refused(nil, Code.UNKNOWN_COUNTER, name)
  end
  local left = available(capacity)
  if clip then
    delta = math.max(delta, -left)
  end
  if delta < 0 and -delta > left or capacity[CAPACITY] > QUANTITY_MAX - delta then
    return refused(nil, Code.TOO_MUCH, name, left)
  end
  capacity[CAPACITY] = capacity[CAPACITY] + delta
  capacities_changed[name] = true
  local sequence = next_sequence(shard)
  keep_applied(key, 'restock', delta, sequence)
  local content = cmsgpack.pack('', '', { name, delta, -1, 0, 0 })
  log_intent(shard, 'restock', key, 0, false, NONE, '', content, body)
  local exhausted = delta < 0 and is_exhausted(name) and { name } or NONE
  return granted(nil, sequence, delta, NONE, exhausted)
end

local answers = {}
for i, item in ipairs(batch) do
  answers[i] = restock(unpack(item))
end
leave(shard)
return array_of(answers)
