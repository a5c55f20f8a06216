-- Removes the entry, frees all that the attempt holds and appends the outcome to the outbox: exactly once by id.
-- In the logs of calls the claimed call becomes what it was; an empty one takes it away.
-- KEYS: lease ledger closed numbers agents reserved trunk-lines campaign-lines outbox
--       calls-known calls-of-number calls-of-contact calls-of-person
-- ARGV: lease-value id number outcome closed-memory-s claimed-call closed-call
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
local known = redis.call('HMGET', KEYS[10], 'number', 'contact', 'person')
for scope = 1, 3 do
  if known[scope] then
    local log = redis.call('GET', KEYS[10 + scope]) or ''
    for p = 1, #log, 5 do
      if string.sub(log, p, p + 4) == ARGV[6] then
        log = string.sub(log, 1, p - 1) .. string.sub(log, p + 5)
        break
      end
    end
    log = log .. ARGV[7]
    if log == '' then
      redis.call('DEL', KEYS[10 + scope])
    else
      redis.call('SET', KEYS[10 + scope], log, 'EX', math.abs(tonumber(known[scope])) + 3600)
    end
  end
end
redis.call('XADD', KEYS[9], '*', 'id', id, 'outcome', ARGV[4])
return 'closed'
