-- Give back the leases that the token still holds.
-- KEYS: lease. ARGV: token, then the houses.
local lease = KEYS[1]
for i = 2, #ARGV do
  local held = redis.call('HGET', lease, ARGV[i])
  if held and string.match(held, '^%S+ (.*)$') == ARGV[1] then
    redis.call('HDEL', lease, ARGV[i])
  end
end
