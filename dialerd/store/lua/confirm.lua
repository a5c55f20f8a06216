-- An offer was accepted: asks the do-not-call lists again, takes a place in the trunk's CPS window, and writes the
-- entry: all or nothing. An entry that is written already is confirmed again, and takes nothing.
-- KEYS: lease ledger cps, markers of the do-not-call lists
-- ARGV: lease-value id entry cps-calls cps-window-us dnc ('' or a spec in JSON, see dnc_listed)
-- include: dnc_listed
-- include: cps_token
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id, entry = ARGV[2], ARGV[3]
local before = redis.call('HGET', KEYS[2], id)
if not before then return 'gone' end
if before == entry then return 'confirmed' end
if ARGV[6] ~= '' then
  local verdict, list, over = dnc_listed(cjson.decode(ARGV[6]), tonumber(redis.call('TIME')[1]))
  if verdict == 'loading' then return 'dnc_loading:' .. list end
  if verdict then return 'dnc:' .. list .. '@' .. over end
end
local wait_us = cps_token(KEYS[3], tonumber(ARGV[4]), tonumber(ARGV[5]))
if wait_us then return 'no_cps:' .. string.format('%.0f', wait_us) end
redis.call('HSET', KEYS[2], id, entry)
return 'confirmed'
