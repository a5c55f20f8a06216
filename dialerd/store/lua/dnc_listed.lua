-- Part of other scripts: whether one of the do-not-call lists has the number, a prefix of it, or the contact.
-- spec: p (prefix of all keys, and the key of the markers), n (number), c (contact key or ''), g f l (group, field and
-- low part of the number, see dnc_blocks.py), lists ({name, least generation, least seq}, in the order of asking).
-- A list's marker is generation:seq:rows. It is written last, so its absence tells that the copy is not whole.
-- Returns nil, or 'loading' and the list, or 'listed', the list and the second from which that is over ('': never).
local function dnc_listed(spec, now_s)
  local fields
  local function entry(key)
    if redis.call('EXISTS', key) == 0 then return nil, nil end
    if not fields then
      fields = {'x' .. spec.n, 'n' .. spec.n, 'c' .. spec.c}
      for length = 2, math.min(#spec.n, 16) do fields[#fields + 1] = 'p' .. string.sub(spec.n, 1, length) end
    end
    local values, latest = redis.call('HMGET', key, unpack(fields)), nil
    for index = 2, #values do
      local value = values[index]
      if value == '' then return '', values[1] end
      if value and tonumber(value) > now_s and (not latest or tonumber(value) > tonumber(latest)) then
        latest = value
      end
    end
    return latest, values[1]
  end
  local function in_block(generation)
    local block = redis.call('HGET', spec.p .. ':' .. generation .. ':' .. spec.g, spec.f)
    if not block then return false end
    if #block == 8192 then
      local byte = string.byte(block, math.floor(spec.l / 8) + 1)
      return bit.band(byte, bit.lshift(1, spec.l % 8)) ~= 0
    end
    local low, high = 0, #block / 2 - 1
    while low <= high do
      local middle = math.floor((low + high) / 2)
      local first, second = string.byte(block, 2 * middle + 1, 2 * middle + 2)
      local value = first * 256 + second
      if value == spec.l then return true end
      if value < spec.l then low = middle + 1 else high = middle - 1 end
    end
    return false
  end
  for _, list in ipairs(spec.lists) do
    local name = list[1]
    local marker = redis.call('HGET', spec.p, name)
    if not marker then return 'loading', name end
    local generation, seq, rows = string.match(marker, '^(%d+):(%d+):(%d)$')
    if tonumber(generation) < list[2] or tonumber(seq) < list[3] then return 'loading', name end
    local over, excepted = entry(spec.p .. ':=one:' .. name), nil
    if over ~= '' and rows == '1' then
      local also
      also, excepted = entry(spec.p .. ':=row:' .. name .. ':' .. generation)
      if also and (also == '' or not over or tonumber(also) > tonumber(over)) then over = also end
    end
    if over ~= '' and generation ~= '0' and not excepted and in_block(name .. ':' .. generation) then over = '' end
    if over then return 'listed', name, over end
  end
  return nil
end
