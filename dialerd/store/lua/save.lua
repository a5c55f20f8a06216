-- Writes the present state of an attempt, if its entry is still there.
-- KEYS: lease ledger
-- ARGV: lease-value id entry
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then return 'gone' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 'saved'
