-- Asks the do-not-call lists about many numbers at once.
-- KEYS: markers
-- ARGV: one spec (JSON) for each number
-- include: dnc_listed
local now_s, answers = tonumber(redis.call('TIME')[1]), {}
for index, spec in ipairs(ARGV) do
  local verdict, list, over = dnc_listed(cjson.decode(spec), now_s)
  if not verdict then answers[index] = ''
  else answers[index] = (verdict == 'listed' and 'dnc:' or 'dnc_loading:') .. list .. '@' .. (over or '') end
end
return answers
