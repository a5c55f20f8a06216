-- Takes number, agent, trunk line, campaign line and a place in the trunk's CPS window, and writes the ledger
-- entry: all or nothing. Asking again for a claim that was granted is granted again.
-- Caps are `scope,marks,calls,window,label;` each: at most so many marked calls in the log of that scope. A log is 5
-- bytes per call: the second, and its marks. What is known of a scope is how far back its logs reach, in seconds;
-- negative while they are being rebuilt, absent where nobody counts.
-- KEYS: lease ledger closed numbers agents reserved trunk-lines campaign-lines cps
--       calls-known calls-of-number calls-of-contact calls-of-person
--       markers of the do-not-call lists, by which the keys of these lists are found
-- ARGV: lease-value id number agent trunk-max campaign-max cps-calls cps-window-us entry now call caps
--       dnc ('' or a spec in JSON, see dnc_listed)
-- include: dnc_listed
-- include: cps_token
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease_lost' end
local id, number, agent = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HEXISTS', KEYS[2], id) == 1 then return 'granted' end
if redis.call('ZSCORE', KEYS[3], id) then return 'already_closed' end
if ARGV[13] ~= '' then
  local verdict, list, over = dnc_listed(cjson.decode(ARGV[13]), tonumber(redis.call('TIME')[1]))
  if verdict == 'loading' then return 'dnc_loading:' .. list end
  if verdict then return 'dnc:' .. list .. '@' .. over end
end
if redis.call('HEXISTS', KEYS[4], number) == 1 then return 'number_locked' end
if agent ~= '' and redis.call('HEXISTS', KEYS[5], agent) == 1 then return 'agent_reserved' end
local known, logs = redis.call('HMGET', KEYS[10], 'number', 'contact', 'person'), {}
for scope = 1, 3 do
  if known[scope] then logs[scope] = redis.call('GET', KEYS[10 + scope]) or '' end
end
local now, free, capped = tonumber(ARGV[10]), 0, ''
for scope, marks, calls, window, label in string.gmatch(ARGV[12], '(%d),(%d+),(%d+),(%d+),([^;]+);') do
  scope, marks, calls, window = tonumber(scope), tonumber(marks), tonumber(calls), tonumber(window)
  if tonumber(known[scope] or '0') < window then return 'call_log_incomplete' end
  local counted = {}
  for p = 1, #logs[scope], 5 do
    local at, kinds = struct.unpack('>I4B', logs[scope], p)
    if at + window > now and (marks == 0 or bit.band(kinds, marks) ~= 0) then counted[#counted + 1] = at end
  end
  if #counted >= calls then
    table.sort(counted)
    local ends = counted[#counted - calls + 1] + window
    if ends > free then free, capped = ends, label end
  end
end
if free > 0 then return 'cap:' .. capped .. ':' .. string.format('%.0f', free) end
if redis.call('SCARD', KEYS[7]) >= tonumber(ARGV[5]) then return 'no_line' end
if redis.call('SCARD', KEYS[8]) >= tonumber(ARGV[6]) then return 'no_campaign_line' end
local wait_us = cps_token(KEYS[9], tonumber(ARGV[7]), tonumber(ARGV[8]))
if wait_us then return 'no_cps:' .. string.format('%.0f', wait_us) end
redis.call('HSET', KEYS[4], number, id)
if agent ~= '' then
  redis.call('HSET', KEYS[5], agent, id)
  redis.call('HSET', KEYS[6], id, agent)
end
redis.call('SADD', KEYS[7], id)
redis.call('SADD', KEYS[8], id)
for scope = 1, 3 do
  if known[scope] then
    local log, keep, first = logs[scope], math.abs(tonumber(known[scope])), 1
    while first <= #log and struct.unpack('>I4', log, first) + keep <= now do first = first + 5 end
    redis.call('SET', KEYS[10 + scope], string.sub(log, first) .. ARGV[11], 'EX', keep + 3600)
  end
end
redis.call('HSET', KEYS[2], id, ARGV[9])
return 'granted'
