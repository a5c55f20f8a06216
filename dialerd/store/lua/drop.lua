-- Removes an entry and its holds that came back when Redis lost the close: its outcome is kept elsewhere.
-- KEYS: lease ledger numbers agents reserved trunk-lines campaign-lines
-- ARGV: lease-value id number
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id = ARGV[2]
redis.call('HDEL', KEYS[2], id)
if redis.call('HGET', KEYS[3], ARGV[3]) == id then redis.call('HDEL', KEYS[3], ARGV[3]) end
local agent = redis.call('HGET', KEYS[5], id)
if agent then
  if redis.call('HGET', KEYS[4], agent) == id then redis.call('HDEL', KEYS[4], agent) end
  redis.call('HDEL', KEYS[5], id)
end
redis.call('SREM', KEYS[6], id)
redis.call('SREM', KEYS[7], id)
return 'dropped'
