-- Part of other scripts: takes a place in the window of a trunk's calls per second. Returns nil, or how long to wait
-- for one, in microseconds.
local function cps_token(key, calls, window_us)
  local time = redis.call('TIME')
  local now_us = time[1] * 1000000 + time[2]
  local oldest = redis.call('LINDEX', key, calls - 1)
  if oldest then
    local wait_us = tonumber(oldest) + window_us - now_us
    -- A clock that stepped back must not close the trunk for as long as it stepped.
    if wait_us > 0 and wait_us <= window_us then return wait_us end
  end
  redis.call('LPUSH', key, string.format('%.0f', now_us))
  redis.call('LTRIM', key, 0, calls - 1)
  redis.call('PEXPIRE', key, math.ceil(window_us / 1000) + 1000)
  return nil
end
