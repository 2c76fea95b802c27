-- Requests for reservations, as reserve.lua takes them: a batch comes in columns, and what a column holds more than once comes once. What
-- requests have in common is their terms, which are worked out and packed once; of a batch of 64 there is mostly one kind.
--
-- A claim names its counter by a slot, its place among the batch's capacities or limits. Against most limits nothing counts yet:
-- those are neither unpacked nor packed one by one. A Lua instruction costs as much as fifty of C, hence the long functions here.

local TERM_SIZE = 3 -- quantity, limit (-1: a named capacity), window_ms

local requested = { -- names, and what is stored under them, by slot
  capacity_names = NONE,
  limit_names = NONE,
  limit_values = NONE,
}

local function read_requested(keys, capacity_names, limit_names)
  requested.capacity_names, requested.limit_names = capacity_names, limit_names
  read_capacities(capacity_names)
  requested.limit_values = read_values(Key.limits, limit_names)
  return read_values(Key.reservations, keys)
end

local function prepare_terms(shard, hold_ms, confirm, standing, claims)
  local now_ms = shard.now_ms
  local due_ms = (confirm or hold_ms == 0) and 0 or now_ms + hold_ms
  local state = confirm and State.CONFIRMED or State.PENDING
  local first_takes = {}
  for i = 1, #claims, TERM_SIZE do
    first_takes[i] = cmsgpack.pack({ claims[i + 2], now_ms, claims[i], confirm and claims[i] or 0 })
  end
  return {
    confirm = confirm,
    standing = standing,
    claims = claims,
    claim_count = #claims / TERM_SIZE,
    first_takes = first_takes, -- packed histories of limits against which nothing counts yet
    record = new_record(state, now_ms, due_ms),
    intent = new_intent(shard, due_ms, confirm),
    answer = new_answer(state, due_ms),
  }
end

-- The name of the limit in this slot, whose history is unpacked now.
local function unpacked_limit(slot, now_ms)
  local name = requested.limit_names[slot]
  if limits[name] == nil then
    limits[name] = decode_limit(requested.limit_values[slot], now_ms)
  end
  return name
end

-- The lowest code of those that refuse the claims, and the first counter that it concerns; nil when every claim fits. The slots of the
-- claims stand behind `at`.
local function first_misfit(terms, slots, at, now_ms)
  local claims, limit_values = terms.claims, requested.limit_values
  local worst, counter, left
  for i = 1, #claims, TERM_SIZE do
    at = at + 1
    local slot, quantity, limit = slots[at], claims[i], claims[i + 1]
    local code, name, available_now
    if limit < 0 then
      name = requested.capacity_names[slot]
      code, available_now = capacity_misfit(name, quantity, terms.confirm, terms.standing, now_ms)
    elseif limit_values[slot] then
      name = unpacked_limit(slot, now_ms)
      code, available_now = limit_misfit(name, quantity, limit)
    elseif quantity > limit then
      code, name, available_now = Code.OVER_LIMIT, requested.limit_names[slot], limit
    end
    if code and (not worst or code < worst) then
      worst, counter, left = code, name, available_now
    end
  end
  return worst, counter, left
end

-- Takes every claim. Returns the capacities that have nothing left now, and those whose every unit is confirmed now.
local function take_claims(terms, slots, at, now_ms)
  local claims, confirm, limit_values = terms.claims, terms.confirm, requested.limit_values
  local exhausted, filled
  for i = 1, #claims, TERM_SIZE do
    at = at + 1
    local slot, quantity = slots[at], claims[i]
    if claims[i + 1] < 0 then
      local name = requested.capacity_names[slot]
      change_capacity(name, quantity, confirm and quantity or 0)
      exhausted = append_if(is_exhausted(name), exhausted, name)
      filled = append_if(confirm and is_filled(name), filled, name)
    elseif limit_values[slot] then
      add_to_limit(requested.limit_names[slot], claims[i + 2], now_ms, quantity, confirm and quantity or 0)
    else
      limit_values[slot] = terms.first_takes[i]
      begin_limit(requested.limit_names[slot], terms.first_takes[i])
    end
  end
  return exhausted or NONE, filled or NONE
end
