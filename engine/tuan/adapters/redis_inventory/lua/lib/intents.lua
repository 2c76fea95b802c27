-- Intents: what SQL will know. The entry id of the stream is the sequence number itself, so a gap shows in the ids.
-- A payload's elements are in the order of `_Intent` in wire.py.

local intents = {}

-- `content`: fingerprint, label and claims, packed. `body`: packed.
local function log_intent(shard, verb, key, due_ms, confirmed, filled, give_back_key, content, body)
  intents[#intents + 1] = '\156'
    .. cmsgpack.pack(verb, key, shard.now_ms, shard.epoch, due_ms, confirmed, filled, give_back_key)
    .. content
    .. body
end

-- Writes everything that the batch changed; the last thing that a verb does.
local function leave(shard)
  local count = #intents
  if count == 0 then
    return
  end
  write_capacities()
  write_limits()
  write_reservations()
  write_applied()
  local first = shard.sequence - count
  for i = 1, count do
    redis.call('XADD', Key.intents, string.format('%d-0', first + i), 'i', intents[i])
  end
  redis.call('HSET', Key.meta, 'sequence', shard.sequence, 'last_ms', shard.now_ms)
end
