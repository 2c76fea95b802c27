-- Makes pending reservations final. Late is no reason to refuse while the reservation is still pending, unless one of its
-- counters has a confirm deadline (a group's seats) that has passed: then it stays pending and can only be given back.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 batch: {{key, packed body}, ...}
-- RETURNS        one answer per item: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED, UNKNOWN_RESERVATION, ALREADY_RELEASED,
--                ALREADY_EXPIRED, CLOSED
-- IDEMPOTENT BY  reservation key
-- CALLED FROM    RedisInventory.confirm

local batch = cmsgpack.unpack(ARGV[3])
local shard, refusal = enter()
if refusal then
  return refuse_all(#batch, refusal)
end
local keys = column(batch, 1)
read_reservations(keys)
read_counters(claims_of(keys), shard.now_ms)

local function counter_past_deadline(claims)
  for i = 1, #claims, CLAIM_SIZE do
    if claims[i + 2] < 0 and has_ended(capacities[claims[i]][DEADLINE_MS], shard.now_ms) then
      return claims[i]
    end
  end
end

-- Moves every claim from pending to taken; the capacities that this filled.
local function take_for_good(claims, create_ms)
  local filled
  for i = 1, #claims, CLAIM_SIZE do
    local name, limit = claims[i], claims[i + 2]
    change_counter(name, limit, create_ms, 0, claims[i + 1])
    filled = append_if(limit < 0 and is_filled(name), filled, name)
  end
  return filled or NONE
end

local function confirm(key, body)
  local record = reservations[key]
  local refused_as = refuse_end(record, State.CONFIRMED)
  if refused_as then
    return refused_as
  end
  local claims = record.claims
  local late = counter_past_deadline(claims)
  if late then
    return refused(record, Code.CLOSED, late)
  end
  local filled = take_for_good(claims, record.create_ms)
  local sequence = end_reservation(shard, key, State.CONFIRMED)
  log_intent(shard, 'confirm', key, 0, true, filled, '', record.content, body)
  return granted(record, sequence, 0, filled)
end

local answers = {}
for i, item in ipairs(batch) do
  answers[i] = confirm(item[1], item[2])
end
leave(shard)
return array_of(answers)
