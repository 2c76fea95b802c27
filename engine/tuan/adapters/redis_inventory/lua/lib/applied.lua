-- What restock, give_back and define did under a key of their own, so that the same key is never applied twice.
-- After a rebuild the verb is unknown ('') and the sequence number 0: SQL keeps only what was applied.

local applied = {} -- key -> {verb, applied, sequence}, false where the key is new
local newly_applied = {}

local function read_applied(keys)
  read_fields(applied, Key.applied, keys, cmsgpack.unpack)
end

local function keep_applied(key, verb, quantity, sequence)
  applied[key] = { verb, quantity, sequence }
  newly_applied[#newly_applied + 1] = key
  newly_applied[#newly_applied + 1] = cmsgpack.pack(applied[key])
end

-- The first answer again; a key that another verb used is not this verb's to answer.
local function answer_applied(key, verb, record)
  local first_verb, quantity, sequence = unpack(applied[key])
  if first_verb ~= '' and first_verb ~= verb then
    return refused(nil, Code.FINGERPRINT_MISMATCH)
  end
  return replayed(record, sequence, 0, quantity)
end

local function write_applied()
  write_many('HSET', Key.applied, newly_applied)
end
