-- Take quiet houses, the longest quiet first; return them.
-- KEYS: quiet, claimed, arrived, lease. ARGV: milliseconds to keep the keys, arrived_by, now, until, limit.
local quiet, claimed, arrived, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local arrived_by, now, claim_until, limit = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local CHUNK = 200

-- Whoever holds a lease would turn the claim's worker away.
local function leased(house)
  local held = redis.call('HGET', lease, house)
  if not held then
    return false
  end
  if tonumber(string.match(held, '^%S+')) > tonumber(now) then
    return true
  end
  redis.call('HDEL', lease, house)
  return false
end

repeat
  local expired = redis.call('ZRANGEBYSCORE', claimed, '-inf', now, 'LIMIT', 0, CHUNK)
  for _, house in ipairs(expired) do
    redis.call('ZREM', claimed, house)
    redis.call('ZADD', quiet, redis.call('HGET', arrived, house) or 0, house)
  end
until #expired < CHUNK

local taken, passed = {}, 0
while #taken < limit do
  local chunk = math.min(CHUNK, limit - #taken)
  local found = redis.call('ZRANGEBYSCORE', quiet, '-inf', arrived_by, 'LIMIT', passed, chunk)
  for _, house in ipairs(found) do
    if leased(house) then
      passed = passed + 1
    else
      redis.call('ZREM', quiet, house)
      redis.call('ZADD', claimed, claim_until, house)
      taken[#taken + 1] = house
    end
  end
  if #found < chunk then
    break
  end
end
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[1])
end
return taken
