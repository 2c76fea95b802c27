-- Grants each reservation of a batch whole, or refuses it and leaves nothing of it behind. Each sees the effect of those
-- before it. A key that was granted before is answered as it was then; a refusal is not remembered and is decided afresh.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 the columns of a batch, one msgpack value after another (lib/requests.lua):
--                  terms: {{hold_ms, confirm, standing, {quantity, limit, window_ms, ... of each claim}}, ...}
--                  by request: number of its terms, key, place of the key's first request, content, packed body
--                  by claim: slot of its counter; by slot: capacity names, limit names
--                  content: fingerprint, label and claims, packed
-- RETURNS        one answer per request: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED, FINGERPRINT_MISMATCH, UNKNOWN_COUNTER,
--                NOT_OPEN_YET, CLOSED, DOES_NOT_FIT, OVER_LIMIT; the label in it is nil where the reservation is new
-- IDEMPOTENT BY  reservation key and fingerprint
-- CALLED FROM    RedisInventory.reserve

local all_terms, terms_of, keys, first_of, contents, bodies, slots, capacity_names, limit_names = cmsgpack.unpack(ARGV[3])
local count = #keys
local shard, refusal = enter()
if refusal then
  return refuse_all(count, refusal)
end
for i = 1, #all_terms do
  all_terms[i] = prepare_terms(shard, unpack(all_terms[i]))
end
local known = read_requested(keys, capacity_names, limit_names)

local function answer_known(i)
  local record = decode_record(known[first_of[i]])
  if record.fingerprint ~= fingerprint_in(contents[i]) then
    return refused(nil, Code.FINGERPRINT_MISMATCH)
  end
  return replayed(record, record.sequence, record.due_ms, 0)
end

local function grant(i, terms, at)
  local exhausted, filled = take_claims(terms, slots, at, shard.now_ms)
  local key, content, sequence = keys[i], contents[i], cmsgpack.pack(next_sequence(shard))
  known[first_of[i]] = create_reservation(terms.record, key, sequence, content)
  log_new(shard, terms.intent, key, filled, content, bodies[i])
  return granted_new(terms.answer, sequence, filled, exhausted)
end

local answers, at = {}, 0
for i = 1, count do
  local terms = all_terms[terms_of[i]]
  if known[first_of[i]] then
    answers[i] = answer_known(i)
  else
    local code, counter, left = first_misfit(terms, slots, at, shard.now_ms)
    if code then
      answers[i] = refused(nil, code, counter, left)
    else
      answers[i] = grant(i, terms, at)
    end
  end
  at = at + terms.claim_count
end
leave(shard)
return array_of(answers)
