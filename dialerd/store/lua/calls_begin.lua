-- A rebuild of call logs begins: from now on every claim and close of any instance is logged in these scopes, and
-- claims under their caps are refused until the logs are complete. Replies with what each log must reach back to.
-- KEYS: known
-- ARGV: token (scope keep)...
local keeps = {}
for i = 2, #ARGV, 2 do
  local before = math.abs(tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0'))
  local keep = math.max(before, tonumber(ARGV[i + 1]))
  redis.call('HSET', KEYS[1], ARGV[i], -keep)
  keeps[#keeps + 1] = keep
end
redis.call('HSET', KEYS[1], 'token', ARGV[1])
return keeps
