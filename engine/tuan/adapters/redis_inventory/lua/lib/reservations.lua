-- Reservations: read once per batch, changed in Lua tables, written once by `write_reservations`.

local ALREADY = {
  [State.CONFIRMED] = Code.ALREADY_CONFIRMED,
  [State.RELEASED] = Code.ALREADY_RELEASED,
  [State.EXPIRED] = Code.ALREADY_EXPIRED,
}

local reservations = {} -- key -> record, false where there is none
local records = {} -- fields of HSET: key, packed record, ...
local newly_due, no_longer_due, newly_ended = {}, {}, {}

local function read_reservations(keys)
  read_fields(reservations, Key.reservations, keys, decode_record)
end

-- The claims of those among `keys` that exist.
local function claims_of(keys)
  local list = {}
  for _, key in ipairs(keys) do
    if reservations[key] then
      list[#list + 1] = reservations[key].claims
    end
  end
  return list
end

local function keep_record(key, packed)
  local n = #records
  records[n + 1], records[n + 2] = key, packed
end

local function due_text(due_ms)
  return due_ms > 0 and string.format('%d', due_ms)
end

-- `due`: the score as text, which Redis need not write out; false for what is never due.
local function keep_due(key, due)
  if due then
    local n = #newly_due
    newly_due[n + 1], newly_due[n + 2] = due, key
  end
end

-- What a rebuild knows: the end of an ended reservation counts from the load, so that `forget` keeps it long enough.
local function load_reservation(key, record, now_ms)
  record.end_sequence, record.end_ms = 0, 0
  if record.state == State.PENDING then
    keep_due(key, due_text(record.due_ms))
  else
    record.end_sequence, record.end_ms = record.sequence, now_ms
    newly_ended[#newly_ended + 1] = key
  end
  keep_record(key, encode_record(record))
end

-- Each reservation ends once: the answer to an attempt to end it as `state` that has no effect; nil when it may.
local function refuse_end(record, state)
  if not record then
    return refused(nil, Code.UNKNOWN_RESERVATION)
  elseif record.state == state then
    return replayed(record, record.end_sequence, 0, 0)
  elseif record.state ~= State.PENDING then
    return refused(record, ALREADY[record.state])
  end
end

local function end_reservation(shard, key, state)
  local record = reservations[key]
  local sequence = next_sequence(shard)
  record.state, record.end_sequence, record.end_ms = state, sequence, shard.now_ms
  keep_record(key, encode_record(record))
  newly_ended[#newly_ended + 1] = key
  if record.due_ms > 0 then
    no_longer_due[#no_longer_due + 1] = key
  end
  return sequence
end

-- What is confirmed of a counter and was not given back.
local function confirmed_left(record, counter)
  local at = record.state == State.CONFIRMED and find_claim(record.claims, counter)
  if not at then
    return 0
  end
  return record.claims[at + 1] - (record.returned and record.returned[nth_claim(at)] or 0)
end

-- Limit and window of the claim on a counter.
local function terms_of_claim(record, counter)
  local at = find_claim(record.claims, counter)
  return record.claims[at + 2], record.claims[at + 3]
end

-- Notes that part of a claim was given back.
local function add_returned(record, counter, quantity)
  local at = find_claim(record.claims, counter)
  if not record.returned then
    record.returned = {}
    for n = 1, #record.claims / CLAIM_SIZE do
      record.returned[n] = 0
    end
  end
  record.returned[nth_claim(at)] = record.returned[nth_claim(at)] + quantity
end

local function write_reservations()
  write_many('HSET', Key.reservations, records)
  write_many('ZADD', Key.due, newly_due)
  write_many('ZREM', Key.due, no_longer_due)
  write_many('RPUSH', Key.ended, newly_ended)
end
