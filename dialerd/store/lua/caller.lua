-- Writes the present state of an inbound call, and holds its number against claims while it lasts; an empty entry
-- removes it.
-- KEYS: lease callers numbers
-- ARGV: lease-value id entry number ('' none) lasts ('1', or '0' when it is over)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
if ARGV[4] ~= '' then
  if ARGV[5] == '1' then
    -- Whoever dials it at this moment has it, and leaves it soon; said again later, it is ours.
    redis.call('HSETNX', KEYS[3], ARGV[4], ARGV[2])
  elseif redis.call('HGET', KEYS[3], ARGV[4]) == ARGV[2] then
    redis.call('HDEL', KEYS[3], ARGV[4])
  end
end
return 'saved'
