-- Takes the shard's lease with a new fencing token, if it is free or already belongs to this run, or, at start, if
-- the instance of the same name has it. Fields of the history: token, holder (the run that had the lease last).
-- A new token at every return fences off commands that an older connection of the same run still has on its way.
-- KEYS: lease history
-- ARGV: instance run ttl-ms least-token starting
local instance, run, starting = ARGV[1], ARGV[2], ARGV[5] == '1'
local current = redis.call('GET', KEYS[1])
if current then
  local holder_run, holder_name = string.match(current, '^%d+:([^:]*):(.*)$')
  if holder_run ~= run and not (starting and holder_name == instance) then
    return {'held', holder_name, redis.call('PTTL', KEYS[1])}
  end
end
local last = redis.call('HMGET', KEYS[2], 'token', 'holder', 'instance')
if not starting and last[2] and last[2] ~= run then return {'superseded', last[3], 0} end
local token = math.max(tonumber(last[1] or '0'), tonumber(ARGV[4])) + 1
local value = string.format('%.0f', token) .. ':' .. run .. ':' .. instance
redis.call('HSET', KEYS[2], 'token', string.format('%.0f', token), 'holder', run, 'instance', instance)
redis.call('SET', KEYS[1], value, 'PX', ARGV[3])
return {'taken', value, token}
