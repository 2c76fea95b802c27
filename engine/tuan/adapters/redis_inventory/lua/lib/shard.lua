-- The shard's own facts, which every verb asks for before anything else.
-- ARGV[1] is the caller's epoch ('' for verbs that have none), ARGV[2] the time in Unix ms ('' for that of Redis).

-- Never before the last written time: a server's clock may step back, a due time must not come twice.
local function now_ms_after(last_ms)
  local now_ms = tonumber(ARGV[2])
  if not now_ms then
    local time = redis.call('TIME')
    now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return math.max(now_ms, tonumber(last_ms))
end

-- The shard, or nil and the code that refuses the whole batch.
local function enter()
  local facts = redis.call('HMGET', Key.meta, 'epoch', 'sequence', 'last_ms', 'open')
  if not facts[1] then
    return nil, Code.SHARD_MISSING
  elseif ARGV[1] ~= '' and facts[1] ~= ARGV[1] then
    return nil, Code.STALE_EPOCH
  elseif facts[4] ~= '1' then
    return nil, Code.SHARD_CLOSED
  end
  return { epoch = tonumber(facts[1]), sequence = tonumber(facts[2]), now_ms = now_ms_after(facts[3]) }
end

-- Numbers what the verb is about to do; one intent must follow for each number taken.
local function next_sequence(shard)
  shard.sequence = shard.sequence + 1
  return shard.sequence
end
