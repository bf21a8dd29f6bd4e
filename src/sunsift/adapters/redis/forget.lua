-- Stop the quiet clocks of settled houses, except those touched after the given arrivals.
-- KEYS: quiet, claimed, arrived. ARGV: house and arrival of each.
local quiet, claimed, arrived = KEYS[1], KEYS[2], KEYS[3]
for i = 1, #ARGV, 2 do
  local house = ARGV[i]
  local known = redis.call('HGET', arrived, house)
  if not known or tonumber(known) <= tonumber(ARGV[i + 1]) then
    redis.call('ZREM', quiet, house)
    redis.call('ZREM', claimed, house)
    redis.call('HDEL', arrived, house)
  end
end
