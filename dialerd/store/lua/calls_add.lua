-- Puts calls into a log that it does not have yet: as many of each kind as there are in the argument.
-- KEYS: log
-- ARGV: keep calls
local log, added, have = redis.call('GET', KEYS[1]) or '', {}, {}
for p = 1, #log, 5 do
  local call = string.sub(log, p, p + 4)
  have[call] = (have[call] or 0) + 1
end
for p = 1, #ARGV[2], 5 do
  local call = string.sub(ARGV[2], p, p + 4)
  if (have[call] or 0) > 0 then have[call] = have[call] - 1 else added[#added + 1] = call end
end
redis.call('SET', KEYS[1], table.concat(added) .. log, 'EX', ARGV[1])
return #added
