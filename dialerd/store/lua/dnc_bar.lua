-- Puts an entry into the copy of a do-not-call list at once, before the record has it. It is never shortened. No lease
-- is asked for: an opt-out counts, whoever took it.
-- KEYS: markers
-- ARGV: (not looked at) list field expires ('' never) note ('' or JSON: to be written into the record by whoever can)
local key = KEYS[1] .. ':=one:' .. ARGV[2]
local old, now_s = redis.call('HGET', key, ARGV[3]), tonumber(redis.call('TIME')[1])
local lasts = old and (old == '' or tonumber(old) > now_s)
local longer = lasts and (old == '' or (ARGV[4] ~= '' and tonumber(old) >= tonumber(ARGV[4])))
if not longer then redis.call('HSET', key, ARGV[3], ARGV[4]) end
if ARGV[5] == '' then return 'barred' end
return redis.call('XADD', KEYS[1] .. ':=waiting', '*', 'note', ARGV[5])
