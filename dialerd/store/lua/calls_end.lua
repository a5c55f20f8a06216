-- The rebuild is done: the logs are complete, unless Redis lost its data or another rebuild began meanwhile.
-- KEYS: known
-- ARGV: token (scope keep)...
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'lost' end
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HDEL', KEYS[1], 'token')
return 'known'
