-- Intents: what SQL will know. A call writes one entry with all of its intents; the entry's id is the sequence number of the last of
-- them, so that a gap shows and what is drained is trimmed by its number. An intent's elements are in the order of `_Intent` in wire.py.

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
  if #intents == 0 then
    return
  end
  write_capacities()
  write_limits()
  write_reservations()
  write_applied()
  redis.call('XADD', Key.intents, string.format('%d-0', shard.sequence), 'i', array_of(intents))
  redis.call('HSET', Key.meta, 'sequence', shard.sequence, 'last_ms', shard.now_ms)
end
