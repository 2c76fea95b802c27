-- Counters of either kind, as claims name them.

-- Most batches need no list at all: it is made for its first element.
local function append_if(condition, list, value)
  if condition then
    list = list or {}
    list[#list + 1] = value
  end
  return list
end

-- Reads every counter that `list_of_claims` names, each once.
local function read_counters(list_of_claims, now_ms)
  local capacity_names, limit_names = {}, {}
  for _, claims in ipairs(list_of_claims) do
    for i = 1, #claims, CLAIM_SIZE do
      local name = claims[i]
      if claims[i + 2] < 0 then
        if capacities[name] == nil then
          capacities[name] = false
          capacity_names[#capacity_names + 1] = name
        end
      elseif limits[name] == nil then
        limits[name] = false
        limit_names[#limit_names + 1] = name
      end
    end
  end
  read_capacities(capacity_names)
  read_limits(limit_names, now_ms)
end

-- Changes what a claim of a reservation of `create_ms` uses and has taken.
local function change_counter(name, limit, create_ms, used, taken)
  if limit < 0 then
    change_capacity(name, used, taken)
  else
    change_limit(name, create_ms, used, taken)
  end
end

-- Counts what a reservation of `create_ms` took long ago, as a rebuild does, in the order of creation.
local function count_again(name, limit, window_ms, create_ms, used, taken)
  if limit < 0 then
    change_capacity(name, used, taken)
  else
    limits[name] = limits[name] and still_counting(limits[name], create_ms)
    add_to_limit(name, window_ms, create_ms, used, taken)
  end
end

-- The lowest code of those that refuse these claims, and the first counter that it concerns; nil when every claim fits.
local function first_misfit(claims, confirm, standing, now_ms)
  local worst, counter, left
  for i = 1, #claims, CLAIM_SIZE do
    local name, quantity, limit = claims[i], claims[i + 1], claims[i + 2]
    local code, available_now
    if limit < 0 then
      code, available_now = capacity_misfit(name, quantity, confirm, standing, now_ms)
    else
      code, available_now = limit_misfit(name, quantity, limit)
    end
    if code and (not worst or code < worst) then
      worst, counter, left = code, name, available_now
    end
  end
  return worst, counter, left
end

-- Takes every claim. Returns the capacities that have nothing left now, and those whose every unit is confirmed now.
local function take_claims(claims, confirm, now_ms)
  local exhausted, filled
  for i = 1, #claims, CLAIM_SIZE do
    local name, quantity, limit = claims[i], claims[i + 1], claims[i + 2]
    local taken = confirm and quantity or 0
    if limit < 0 then
      change_capacity(name, quantity, taken)
      exhausted = append_if(is_exhausted(name), exhausted, name)
      filled = append_if(confirm and is_filled(name), filled, name)
    else
      add_to_limit(name, claims[i + 3], now_ms, quantity, taken)
    end
  end
  return exhausted or NONE, filled or NONE
end

-- Gives back the claims of a pending reservation, but for what is to be kept, which is taken for good.
local function return_claims(claims, create_ms)
  for i = 1, #claims, CLAIM_SIZE do
    local kept = claims[i + 4]
    change_counter(claims[i], claims[i + 2], create_ms, kept - claims[i + 1], kept)
  end
end
