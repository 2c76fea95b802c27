-- Reads counters, also of a closed shard. Written in Lua so that what leaves a sliding window is decided in one place.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 '', 2 now_ms or '', 3 {name, ...}
-- RETURNS        {{name, capacity or -1, used, taken}, ...} for the names that count something
-- IDEMPOTENT BY  it writes nothing
-- CALLED FROM    RedisInventory.counters

local names = cmsgpack.unpack(ARGV[3])
read_capacities(names)
read_limits(names, now_ms_after(redis.call('HGET', Key.meta, 'last_ms') or 0))

local found = {}
for _, name in ipairs(names) do
  local capacity = capacities[name]
  if capacity then
    found[#found + 1] = { name, capacity[CAPACITY], capacity[USED], capacity[TAKEN] }
  elseif limits[name] then
    found[#found + 1] = { name, -1, limit_sums(limits[name]) }
  end
end
return cmsgpack.pack(found)
