-- Keeps the lease for another while, if it is still ours.
-- KEYS: lease
-- ARGV: lease-value ttl-ms
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'renewed'
