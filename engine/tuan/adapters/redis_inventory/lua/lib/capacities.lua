-- Named capacities: what a batch touches is read once into Lua tables, changed there, and written once by `write_capacities`.

local CAPACITY, OPEN_MS, CLOSE_MS, DEADLINE_MS, USED, TAKEN = 1, 2, 3, 4, 5, 6

local capacities = {} -- name -> {capacity, open_ms, close_ms, deadline_ms, used, taken}, false where not defined
local capacities_changed = {}

local function read_capacities(names)
  read_fields(capacities, Key.capacities, names, cmsgpack.unpack)
end

local function available(capacity)
  return math.max(capacity[CAPACITY] - capacity[USED], 0)
end

local function is_exhausted(name)
  return available(capacities[name]) == 0
end

-- Every unit is confirmed: the group is complete, the goods are sold for good.
local function is_filled(name)
  return capacities[name][TAKEN] == capacities[name][CAPACITY]
end

-- Whether `now_ms` is at or after the moment at which something ends; 0 is never.
local function has_ended(end_ms, now_ms)
  return end_ms > 0 and now_ms >= end_ms
end

-- A capacity with a confirm deadline (a group's seats) is settled once it is filled or its time is over: what was taken by then
-- stays taken, whoever gives something back later.
local function is_settled(name, now_ms)
  local deadline_ms = capacities[name][DEADLINE_MS]
  return deadline_ms > 0 and (is_filled(name) or has_ended(deadline_ms, now_ms))
end

-- Why a claim on a named capacity cannot be granted, and what is left; nil when it can.
local function capacity_misfit(name, quantity, confirm, standing, now_ms)
  local capacity = capacities[name]
  if not capacity then
    return Code.UNKNOWN_COUNTER, 0
  elseif not standing and now_ms < capacity[OPEN_MS] then
    return Code.NOT_OPEN_YET, 0
  elseif not standing and has_ended(capacity[CLOSE_MS], now_ms) then
    return Code.CLOSED, 0
  elseif confirm and has_ended(capacity[DEADLINE_MS], now_ms) then
    return Code.CLOSED, 0
  elseif quantity > available(capacity) then
    return Code.DOES_NOT_FIT, available(capacity)
  end
end

local function change_capacity(name, used, taken)
  local capacity = capacities[name]
  capacity[USED] = capacity[USED] + used
  capacity[TAKEN] = capacity[TAKEN] + taken
  capacities_changed[name] = true
end

local function write_capacities()
  local fields = {}
  for name in pairs(capacities_changed) do
    fields[#fields + 1] = name
    fields[#fields + 1] = cmsgpack.pack(capacities[name])
  end
  write_many('HSET', Key.capacities, fields)
end
