-- Brings the copy of one do-not-call list from one marker to the next, if nobody else has done so meanwhile.
-- KEYS: markers
-- ARGV: list marker-before ('' for none) marker-after, then for each change: key field value ('-' takes it away)
local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if now ~= ARGV[2] then return now end
for index = 4, #ARGV, 3 do
  if ARGV[index + 2] == '-' then
    redis.call('HDEL', ARGV[index], ARGV[index + 1])
  else
    redis.call('HSET', ARGV[index], ARGV[index + 1], ARGV[index + 2])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]
