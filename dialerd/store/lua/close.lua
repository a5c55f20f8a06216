-- Removes the entry, frees all that the attempt holds and appends the outcome to the outbox: exactly once by id.
-- KEYS: lease ledger closed numbers agents reserved trunk-lines campaign-lines outbox
-- ARGV: lease-value id number outcome closed-memory-s
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id = ARGV[2]
redis.call('HDEL', KEYS[2], id)
if redis.call('HGET', KEYS[4], ARGV[3]) == id then redis.call('HDEL', KEYS[4], ARGV[3]) end
local agent = redis.call('HGET', KEYS[6], id)
if agent then
  if redis.call('HGET', KEYS[5], agent) == id then redis.call('HDEL', KEYS[5], agent) end
  redis.call('HDEL', KEYS[6], id)
end
redis.call('SREM', KEYS[7], id)
redis.call('SREM', KEYS[8], id)
local now_s = tonumber(redis.call('TIME')[1])
if redis.call('ZADD', KEYS[3], 'NX', now_s, id) == 0 then return 'closed_before' end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. (now_s - tonumber(ARGV[5])))
redis.call('XADD', KEYS[9], '*', 'id', id, 'outcome', ARGV[4])
return 'closed'
