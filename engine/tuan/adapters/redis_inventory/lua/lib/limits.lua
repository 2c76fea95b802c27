-- Per-subject limits. A limit is the history of what its subject took:
--   {window_ms, time_ms, used, taken, time_ms, used, taken, ...}   oldest first; window 0 is for ever
-- Takes of one millisecond share an entry; with window 0 all takes share the last entry, because they never leave one by one.
-- A take is found again by the time of its reservation: it is in the last entry that is not younger. No entry: it has left
-- the window. A limit keeps the longest window that it was ever claimed with, so that a shortened rule is never too lenient.

local limits = {} -- name -> history, false where nothing counts
local limits_begun = {} -- fields of HSET: name, packed history, ...
local limits_changed = {}

local function still_counting(history, now_ms)
  local window_ms = history[1]
  if window_ms == 0 or history[2] > now_ms - window_ms then
    return history
  end
  local kept = { window_ms }
  for i = 2, #history, 3 do
    if history[i] > now_ms - window_ms then
      local n = #kept
      kept[n + 1], kept[n + 2], kept[n + 3] = history[i], history[i + 1], history[i + 2]
    end
  end
  return #kept > 1 and kept
end

local function decode_limit(packed, now_ms)
  return still_counting(cmsgpack.unpack(packed), now_ms)
end

local function read_limits(names, now_ms)
  read_fields(limits, Key.limits, names, decode_limit, now_ms)
end

-- What counts of a limit now: used (pending and confirmed), taken (confirmed or kept).
local function limit_sums(history)
  local used, taken = 0, 0
  for i = 2, #history, 3 do
    used, taken = used + history[i + 1], taken + history[i + 2]
  end
  return used, taken
end

-- As `capacity_misfit`.
local function limit_misfit(name, quantity, limit)
  local history = limits[name]
  local left = history and limit - limit_sums(history) or limit
  if quantity > left then
    return Code.OVER_LIMIT, math.max(left, 0)
  end
end

-- The first take, in a history that many limits share.
local function begin_limit(name, packed)
  local n = #limits_begun
  limits_begun[n + 1], limits_begun[n + 2] = name, packed
end

local function add_to_limit(name, window_ms, time_ms, used, taken)
  limits_changed[name] = true
  local history = limits[name]
  if not history then
    limits[name] = { window_ms, time_ms, used, taken }
    return
  end
  if history[1] > 0 then
    history[1] = window_ms == 0 and 0 or math.max(history[1], window_ms)
  end
  local last = #history - 2
  if history[1] == 0 or history[last] == time_ms then
    history[last + 1], history[last + 2] = history[last + 1] + used, history[last + 2] + taken
  else
    history[last + 3], history[last + 4], history[last + 5] = time_ms, used, taken
  end
end

-- Changes what a reservation of `create_ms` took; nothing where that has left the window.
local function change_limit(name, create_ms, used, taken)
  local history = limits[name] or NONE
  for i = #history - 2, 2, -3 do
    if history[i] <= create_ms then
      history[i + 1], history[i + 2] = history[i + 1] + used, history[i + 2] + taken
      if history[i + 1] == 0 then
        table.remove(history, i)
        table.remove(history, i)
        table.remove(history, i)
      end
      limits[name] = #history > 1 and history
      limits_changed[name] = true
      return
    end
  end
end

local function write_limits()
  local fields, emptied = limits_begun, {} -- of two values of one field the last one stays
  for name in pairs(limits_changed) do
    if limits[name] then
      fields[#fields + 1] = name
      fields[#fields + 1] = cmsgpack.pack(limits[name])
    else
      emptied[#emptied + 1] = name
    end
  end
  write_many('HSET', Key.limits, fields)
  write_many('HDEL', Key.limits, emptied)
end
