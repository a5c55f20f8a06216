-- Takes number, agent, trunk line, campaign line and a place in the trunk's CPS window, and writes the ledger
-- entry: all or nothing. Asking again for a claim that was granted is granted again.
-- KEYS: lease ledger closed numbers agents reserved trunk-lines campaign-lines cps
-- ARGV: lease-value id number agent trunk-max campaign-max cps-calls cps-window-us entry
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id, number, agent = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HEXISTS', KEYS[2], id) == 1 then return 'granted' end
if redis.call('ZSCORE', KEYS[3], id) then return 'already_closed' end
if redis.call('HEXISTS', KEYS[4], number) == 1 then return 'number_locked' end
if agent ~= '' and redis.call('HEXISTS', KEYS[5], agent) == 1 then return 'agent_reserved' end
if redis.call('SCARD', KEYS[7]) >= tonumber(ARGV[5]) then return 'no_line' end
if redis.call('SCARD', KEYS[8]) >= tonumber(ARGV[6]) then return 'no_campaign_line' end
local calls, window_us = tonumber(ARGV[7]), tonumber(ARGV[8])
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local oldest = redis.call('LINDEX', KEYS[9], calls - 1)
if oldest then
  local wait_us = tonumber(oldest) + window_us - now_us
  -- A clock that stepped back must not close the trunk for as long as it stepped.
  if wait_us > 0 and wait_us <= window_us then return 'no_cps:' .. string.format('%.0f', wait_us) end
end
redis.call('LPUSH', KEYS[9], string.format('%.0f', now_us))
redis.call('LTRIM', KEYS[9], 0, calls - 1)
redis.call('PEXPIRE', KEYS[9], math.ceil(window_us / 1000) + 1000)
redis.call('HSET', KEYS[4], number, id)
if agent ~= '' then
  redis.call('HSET', KEYS[5], agent, id)
  redis.call('HSET', KEYS[6], id, agent)
end
redis.call('SADD', KEYS[7], id)
redis.call('SADD', KEYS[8], id)
redis.call('HSET', KEYS[2], id, ARGV[9])
return 'granted'
