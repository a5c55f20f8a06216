-- Writes a live attempt's entry and holds again after Redis lost data. What another attempt holds by now stays
-- with it, and is named in the reply.
-- KEYS: lease ledger numbers agents reserved trunk-lines campaign-lines
-- ARGV: lease-value id number agent entry
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id, agent = ARGV[2], ARGV[4]
redis.call('HSET', KEYS[2], id, ARGV[5])
redis.call('SADD', KEYS[6], id)
redis.call('SADD', KEYS[7], id)
local held = ''
local holder = redis.call('HGET', KEYS[3], ARGV[3])
if not holder then
  redis.call('HSET', KEYS[3], ARGV[3], id)
elseif holder ~= id then
  held = held .. ' number'
end
local before = redis.call('HGET', KEYS[5], id)
if before and before ~= agent then
  if redis.call('HGET', KEYS[4], before) == id then redis.call('HDEL', KEYS[4], before) end
  redis.call('HDEL', KEYS[5], id)
end
if agent ~= '' then
  holder = redis.call('HGET', KEYS[4], agent)
  if not holder or holder == id then
    redis.call('HSET', KEYS[4], agent, id)
    redis.call('HSET', KEYS[5], id, agent)
  else
    held = held .. ' agent'
  end
end
return 'restored' .. held
