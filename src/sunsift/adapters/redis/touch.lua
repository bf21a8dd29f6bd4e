-- Restart quiet clocks; never set one back.
-- KEYS: quiet, claimed, arrived. ARGV: milliseconds to keep the keys, then house and arrival of each.
local quiet, claimed, arrived = KEYS[1], KEYS[2], KEYS[3]
for i = 2, #ARGV, 2 do
  local house, at = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', arrived, house)
  if known and tonumber(known) > tonumber(at) then
    at = known
  end
  redis.call('HSET', arrived, house, at)
  -- A claimed house stays hidden; its claim gives it back with the new arrival. Adding a house that is
  -- there already also mends a shard that lost one of its keys.
  if not redis.call('ZSCORE', claimed, house) then
    redis.call('ZADD', quiet, at, house)
  end
end
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, ARGV[1])
end
