-- Take leases; return the houses that nobody else held.
-- KEYS: lease. ARGV: milliseconds to keep the key, token, now, until, then the houses.
local lease, token, now = KEYS[1], ARGV[2], tonumber(ARGV[3])
local mine = {}
for i = 5, #ARGV do
  local house, free = ARGV[i], true
  local held = redis.call('HGET', lease, house)
  if held then
    local held_until, holder = string.match(held, '^(%S+) (.*)$')
    free = holder == token or tonumber(held_until) <= now
  end
  if free then
    redis.call('HSET', lease, house, ARGV[4] .. ' ' .. token)
    mine[#mine + 1] = house
  end
end
redis.call('PEXPIRE', lease, ARGV[1])
return mine
