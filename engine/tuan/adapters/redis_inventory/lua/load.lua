-- Replaces the shard by a snapshot, one part per call. The first part removes what was there, the last one ends the load;
-- the shard stays closed. A part out of turn is refused: two rebuilds at once cannot mix.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 {load id, part from 1, whether it is the last, sequence, latest time_ms,
--                {name, capacity, open_ms, close_ms, deadline_ms, ...}, {key, applied, ...},
--                {{key, state, sequence, create_ms, due_ms, {returned per claim} or false, content}, ...}}
-- RETURNS        a code: GRANTED, SHARD_CLOSED (the part is out of turn)
-- IDEMPOTENT BY  nothing: after a failure the load begins again from its first part
-- CALLED FROM    RedisInventory.load

local id, part, is_last, sequence, latest_ms, specs, applied_keys, snapshots = unpack(cmsgpack.unpack(ARGV[3]))
if part == 1 then
  redis.call('UNLINK', unpack(KEYS))
  redis.call('HSET', Key.meta, 'epoch', ARGV[1], 'sequence', sequence, 'last_ms', now_ms_after(latest_ms), 'open', 0)
elseif redis.call('HGET', Key.meta, 'load') ~= id .. ' ' .. part - 1 then
  return Code.SHARD_CLOSED
end
local now_ms = now_ms_after(redis.call('HGET', Key.meta, 'last_ms'))

for i = 1, #specs, 5 do
  capacities[specs[i]] = { specs[i + 1], specs[i + 2], specs[i + 3], specs[i + 4], 0, 0 }
  capacities_changed[specs[i]] = true
end
for i = 1, #applied_keys, 2 do
  keep_applied(applied_keys[i], '', applied_keys[i + 1], 0)
end
-- As of time 0 everything counts still: what has left a window is decided take by take, as it was when it happened.
local claims_of_item = {}
for i, snapshot in ipairs(snapshots) do
  local _, _, claims = cmsgpack.unpack(snapshot[7])
  claims_of_item[i] = claims
end
read_counters(claims_of_item, 0)

-- What a loaded claim uses: all of it while the reservation lives, what was kept when it was given back.
local function used_by(state, quantity, kept, returned)
  if state == State.PENDING or state == State.CONFIRMED then
    return quantity - returned
  end
  return kept
end

for n, snapshot in ipairs(snapshots) do
  local key, state, sequence, create_ms, due_ms, returned, content = unpack(snapshot)
  local claims = claims_of_item[n]
  for i = 1, #claims, CLAIM_SIZE do
    local used = used_by(state, claims[i + 1], claims[i + 4], returned and returned[nth_claim(i)] or 0)
    if used > 0 then
      local taken = state == State.PENDING and 0 or used
      count_again(claims[i], claims[i + 2], claims[i + 3], create_ms, used, taken)
    end
  end
  local record = { state = state, sequence = sequence, create_ms = create_ms, due_ms = due_ms, content = content }
  record.returned = returned or nil
  load_reservation(key, record, now_ms)
end

write_capacities()
write_limits()
write_reservations()
write_applied()
if is_last then
  redis.call('HDEL', Key.meta, 'load')
else
  redis.call('HSET', Key.meta, 'load', id .. ' ' .. part)
end
return Code.GRANTED
