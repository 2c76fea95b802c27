-- Grants each reservation of a batch whole, or refuses it and leaves nothing of it behind. Each sees the effect of those
-- before it. A key that was granted before is answered as it was then; a refusal is not remembered and is decided afresh.
--
-- KEYS           every key of the shard, in the order of keys.py
-- ARGV           1 epoch, 2 now_ms or '', 3 batch: {{key, hold_ms, confirm, standing, content, packed body}, ...};
--                content: fingerprint, label and claims, packed
-- RETURNS        one answer per item: GRANTED, SHARD_MISSING, STALE_EPOCH, SHARD_CLOSED, FINGERPRINT_MISMATCH, UNKNOWN_COUNTER,
--                NOT_OPEN_YET, CLOSED, DOES_NOT_FIT, OVER_LIMIT
-- IDEMPOTENT BY  reservation key and fingerprint
-- CALLED FROM    RedisInventory.reserve

local batch = cmsgpack.unpack(ARGV[3])
local shard, refusal = enter()
if refusal then
  return refuse_all(#batch, refusal)
end

local fingerprints, labels, claims_of_item = {}, {}, {}
for i, item in ipairs(batch) do
  fingerprints[i], labels[i], claims_of_item[i] = cmsgpack.unpack(item[5])
end
read_reservations(column(batch, 1))
read_counters(claims_of_item, shard.now_ms)

local function grant(item, fingerprint, label, claims)
  local key, hold_ms, confirm, _, content, body = unpack(item)
  local exhausted, filled = take_claims(claims, confirm, shard.now_ms)
  local sequence = next_sequence(shard)
  local due_ms = (confirm or hold_ms == 0) and 0 or shard.now_ms + hold_ms
  local state = confirm and State.CONFIRMED or State.PENDING
  local record = create_reservation(shard, key, state, due_ms, fingerprint, label, content)
  log_intent(shard, 'reserve', key, due_ms, confirm, filled, '', content, body)
  return answer(record, Code.GRANTED, sequence, false, due_ms, nil, 0, 0, filled, exhausted)
end

local function decide(item, fingerprint, label, claims)
  local known = reservations[item[1]]
  if known then
    if known.fingerprint ~= fingerprint then
      return refused(nil, Code.FINGERPRINT_MISMATCH)
    end
    return replayed(known, known.sequence, known.due_ms, 0)
  end
  local code, counter, left = first_misfit(claims, item[3], item[4], shard.now_ms)
  if code then
    return refused(nil, code, counter, left)
  end
  return grant(item, fingerprint, label, claims)
end

local answers = {}
for i, item in ipairs(batch) do
  answers[i] = decide(item, fingerprints[i], labels[i], claims_of_item[i])
end
leave(shard)
return array_of(answers)
