-- Counters of either kind, as claims name them.

-- Most batches need no list at all: it is made for its first element.
local function append_if(condition, list, value)
  if condition then
    list = list or {}
    list[#list + 1] = value
  end
  return list
end

local function append(list, ...)
  for i = 1, select('#', ...) do
    list[#list + 1] = select(i, ...)
  end
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

-- Gives back the claims of a pending reservation, but for what is to be kept, which is taken for good.
local function return_claims(claims, create_ms)
  for i = 1, #claims, CLAIM_SIZE do
    local kept = claims[i + 4]
    change_counter(claims[i], claims[i + 2], create_ms, kept - claims[i + 1], kept)
  end
end
