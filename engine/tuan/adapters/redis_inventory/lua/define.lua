-- Creates the shard if it is not there, and those of the named capacities that it does not have. A capacity that is there
-- keeps its size and its use: `restock` changes sizes. The intent names what was created, and only that.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 {key, {name, capacity, open_ms, close_ms, deadline_ms, name, ...}}
-- RETURNS        one answer, `applied` says how many were created: GRANTED, STALE_EPOCH, SHARD_CLOSED, FINGERPRINT_MISMATCH
-- IDEMPOTENT BY  the key; without it by the names
-- CALLED FROM    RedisInventory.define

local key, specs = unpack(cmsgpack.unpack(ARGV[3]))
local is_new = redis.call('EXISTS', Key.meta) == 0
if is_new then
  redis.call('HSET', Key.meta, 'epoch', ARGV[1], 'sequence', 0, 'last_ms', 0, 'open', 1)
end
local shard, refusal = enter()
if refusal then
  return refuse_all(1, refusal)
end

local names = {}
for i = 1, #specs, 5 do
  names[#names + 1] = specs[i]
end
read_applied({ key })
read_capacities(names)

local function define()
  if applied[key] then
    return answer_applied(key, 'define')
  end
  local created = {}
  for i = 1, #specs, 5 do
    local name = specs[i]
    if not capacities[name] then
      capacities[name] = { specs[i + 1], specs[i + 2], specs[i + 3], specs[i + 4], 0, 0 }
      capacities_changed[name] = true
      for j = i, i + 4 do
        created[#created + 1] = specs[j]
      end
    end
  end
  local count = #created / 5
  if count == 0 and not is_new then
    return granted(nil, 0)
  end
  local sequence = next_sequence(shard)
  keep_applied(key, 'define', count, sequence)
  log_intent(shard, 'define', key, 0, false, NONE, '', cmsgpack.pack('', '', created), cmsgpack.pack(''))
  return granted(nil, sequence, count)
end

local answers = { define() }
leave(shard)
return array_of(answers)
