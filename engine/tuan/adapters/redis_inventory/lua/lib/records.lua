-- How a reservation is stored: a msgpack array of what changes, and behind it the content, which never does.
--   {state, sequence, create_ms, due_ms, end_sequence, end_ms, returned} fingerprint label {claims}
-- The content goes from the caller into the record, and from there into every intent, without being packed again.
--
-- Claims are one flat array, five values per claim: counter, quantity, limit (-1: a named capacity), window_ms, kept (the part
-- that stays used when the reservation is given back). A counter is in it once at most: wire.py sums what it takes.

local CLAIM_SIZE = 5

local function decode_record(packed)
  local offset, head = cmsgpack.unpack_one(packed)
  local content = packed:sub(offset + 1)
  local fingerprint, label, claims = cmsgpack.unpack(content)
  return {
    state = head[1],
    sequence = head[2],
    create_ms = head[3],
    due_ms = head[4],
    end_sequence = head[5],
    end_ms = head[6],
    returned = head[7], -- per claim; nil while nothing was given back
    content = content,
    fingerprint = fingerprint,
    label = label,
    claims = claims,
  }
end

local function fingerprint_in(content)
  return (cmsgpack.unpack(content))
end

local function encode_record(r)
  return cmsgpack.pack({ r.state, r.sequence, r.create_ms, r.due_ms, r.end_sequence, r.end_ms, r.returned }) .. r.content
end

-- The index of the claim on `counter`, or nil.
local function find_claim(claims, counter)
  for i = 1, #claims, CLAIM_SIZE do
    if claims[i] == counter then
      return i
    end
  end
end

-- The number of the claim that begins at index `at`, from 1.
local function nth_claim(at)
  return (at - 1) / CLAIM_SIZE + 1
end
