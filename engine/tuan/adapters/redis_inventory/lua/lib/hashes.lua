-- Reads and writes of many fields at once. In chunks: Lua 5.1 cannot unpack more than about 7,900 values into one call.

local CHUNK = 4000

-- The nth element of each item of a batch.
local function column(batch, n)
  local values = {}
  for i, item in ipairs(batch) do
    values[i] = item[n]
  end
  return values
end

-- The values of these fields, in their order; false where the hash has no such field.
local function read_values(hash, fields)
  if #fields <= CHUNK then
    return #fields > 0 and redis.call('HMGET', hash, unpack(fields)) or {}
  end
  local values = {}
  for first = 1, #fields, CHUNK do
    local last = math.min(first + CHUNK - 1, #fields)
    for i, value in ipairs(redis.call('HMGET', hash, unpack(fields, first, last))) do
      values[first + i - 1] = value
    end
  end
  return values
end

-- Sets `into[field]` to what `decode` makes of its value and `argument`, or to false where the hash has no such field.
local function read_fields(into, hash, fields, decode, argument)
  for i, value in ipairs(read_values(hash, fields)) do
    into[fields[i]] = value and decode(value, argument)
  end
end

-- `command key argument ...`, in as many calls as it takes; none when there are no arguments.
local function write_many(command, key, arguments)
  for first = 1, #arguments, CHUNK do
    redis.call(command, key, unpack(arguments, first, math.min(first + CHUNK - 1, #arguments)))
  end
end
