-- What is kept, logged and answered of a reservation that is granted. Requests of the same terms differ in their names and sequence
-- numbers alone: all the rest is packed once for all of them.

local function new_record(state, now_ms, due_ms)
  local is_pending = state == State.PENDING
  return {
    is_pending = is_pending,
    due = due_text(due_ms),
    head = '\150' .. cmsgpack.pack(state),
    times = is_pending and cmsgpack.pack(now_ms, due_ms, 0, 0) or cmsgpack.pack(now_ms, due_ms),
    now = cmsgpack.pack(now_ms),
  }
end

-- `sequence`: packed. Returns the packed record.
local function create_reservation(new, key, sequence, content)
  local packed
  if new.is_pending then
    packed = new.head .. sequence .. new.times .. content
    keep_due(key, new.due)
  else
    packed = new.head .. sequence .. new.times .. sequence .. new.now .. content
    newly_ended[#newly_ended + 1] = key
  end
  keep_record(key, packed)
  return packed
end

local function new_intent(shard, due_ms, confirmed)
  return {
    due_ms = due_ms,
    confirmed = confirmed,
    head = '\156' .. cmsgpack.pack('reserve'),
    tail = cmsgpack.pack(shard.now_ms, shard.epoch, due_ms, confirmed, NONE, ''),
  }
end

local function log_new(shard, new, key, filled, content, body)
  if filled ~= NONE then
    log_intent(shard, 'reserve', key, new.due_ms, new.confirmed, filled, '', content, body)
  else
    intents[#intents + 1] = new.head .. cmsgpack.pack(key) .. new.tail .. content .. body
  end
end

-- The caller knows the label: it is in the request.
local function new_answer(state, due_ms)
  return { state = state, due_ms = due_ms, packed = cmsgpack.pack(false, state, due_ms, nil, 0, 0, NONE, NONE, nil) }
end

local function granted_new(new, sequence, filled, exhausted)
  local rest = new.packed
  if filled ~= NONE or exhausted ~= NONE then
    rest = cmsgpack.pack(false, new.state, new.due_ms, nil, 0, 0, filled, exhausted, nil)
  end
  return '\155\0' .. sequence .. rest
end
