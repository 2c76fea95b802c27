-- Gives back part of confirmed reservations (units refunded before shipping): never more than was confirmed and not yet
-- given back. A limit whose window the take has left needs nothing back; the rest is given back all the same. Of a capacity that is
-- settled (lib/capacities.lua) nothing comes back: it is left out of what moves.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 batch: {{key, reservation key, {counter, quantity, ...}, packed body}, ...}
-- RETURNS        one answer per item, `applied` is the sum of what moved: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED,
--                FINGERPRINT_MISMATCH (the key belongs to another verb), UNKNOWN_RESERVATION, ALREADY_RELEASED,
--                ALREADY_EXPIRED, TOO_MUCH (also while it is pending: nothing is confirmed yet)
-- IDEMPOTENT BY  give_back key
-- CALLED FROM    RedisInventory.give_back

local batch = cmsgpack.unpack(ARGV[3])
local shard, refusal = enter()
if refusal then
  return refuse_all(#batch, refusal)
end
read_applied(column(batch, 1))
read_reservations(column(batch, 2))
read_counters(claims_of(column(batch, 2)), shard.now_ms)

-- The first counter of which more is given back than is left, and what is left of it.
local function first_excess(record, quantities)
  for i = 1, #quantities, 2 do
    local left = confirmed_left(record, quantities[i])
    if quantities[i + 1] > left then
      return quantities[i], left
    end
  end
end

-- Gives back the quantities; what moved, as claims, and the sum.
local function return_quantities(record, quantities)
  local moved, sum = {}, 0
  for i = 1, #quantities, 2 do
    local name, quantity, limit, window_ms = quantities[i], quantities[i + 1], terms_of_claim(record, quantities[i])
    if limit >= 0 or not is_settled(name, shard.now_ms) then
      add_returned(record, name, quantity)
      change_counter(name, limit, record.create_ms, -quantity, -quantity)
      append(moved, name, quantity, limit, window_ms, 0)
      sum = sum + quantity
    end
  end
  return moved, sum
end

local function give_back(key, reservation_key, quantities, body)
  local record = reservations[reservation_key]
  if applied[key] then
    return answer_applied(key, 'give_back', record)
  elseif not record then
    return refused(nil, Code.UNKNOWN_RESERVATION)
  elseif record.state == State.RELEASED or record.state == State.EXPIRED then
    return refused(record, ALREADY[record.state])
  end
  local excess, left = first_excess(record, quantities)
  if excess then
    return refused(record, Code.TOO_MUCH, excess, left)
  end
  local moved, sum = return_quantities(record, quantities)
  local sequence, content = next_sequence(shard), cmsgpack.pack('', record.label, moved)
  keep_record(reservation_key, encode_record(record))
  keep_applied(key, 'give_back', sum, sequence)
  log_intent(shard, 'give_back', reservation_key, 0, false, NONE, key, content, body)
  return granted(record, sequence, sum)
end

local answers = {}
for i, item in ipairs(batch) do
  answers[i] = give_back(unpack(item))
end
leave(shard)
return array_of(answers)
