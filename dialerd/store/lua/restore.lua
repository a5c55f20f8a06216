-- Writes a live attempt's entry and holds again after Redis lost data. What another attempt holds by now stays
-- with it, and is named in the reply.
-- KEYS: lease ledger numbers agents reserved trunk-lines campaign-lines
--       calls-known calls-of-number calls-of-contact calls-of-person
-- ARGV: lease-value id number agent entry call
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
local known = redis.call('HMGET', KEYS[8], 'number', 'contact', 'person')
for scope = 1, 3 do
  if known[scope] then
    local log, there = redis.call('GET', KEYS[8 + scope]) or '', false
    for p = 1, #log, 5 do there = there or string.sub(log, p, p + 4) == ARGV[6] end
    if not there then
      redis.call('SET', KEYS[8 + scope], log .. ARGV[6], 'EX', math.abs(tonumber(known[scope])) + 3600)
    end
  end
end
return 'restored' .. held
