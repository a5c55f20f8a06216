-- Gives the attempt another agent, or none, and writes its entry. An agent whom another attempt holds stays there.
-- KEYS: lease ledger agents reserved
-- ARGV: lease-value id new-agent entry
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id, agent = ARGV[2], ARGV[3]
if redis.call('HEXISTS', KEYS[2], id) == 0 then return 'gone' end
local before = redis.call('HGET', KEYS[4], id)
if before then
  if redis.call('HGET', KEYS[3], before) == id then redis.call('HDEL', KEYS[3], before) end
  redis.call('HDEL', KEYS[4], id)
end
redis.call('HSET', KEYS[2], id, ARGV[4])
if agent == '' then return 'moved' end
if redis.call('HSETNX', KEYS[3], agent, id) == 0 then return 'agent_reserved' end
redis.call('HSET', KEYS[4], id, agent)
return 'moved'
