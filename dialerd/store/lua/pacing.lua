-- Remembers what a campaign's pacer has learned.
-- KEYS: lease pacing
-- ARGV: lease-value campaign state
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 'saved'
