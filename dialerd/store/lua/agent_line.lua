-- Remembers the channel of an agent's nailed-up line, or forgets it.
-- KEYS: lease agent-lines
-- ARGV: lease-value agent channel-or-empty
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return 'saved'
