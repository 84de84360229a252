-- Hands on a partial and acknowledges its messages in one step, or does nothing and returns nil.
-- KEYS: the stream, the partials stream. ARGV: group, consumer, how many messages must be pending for the consumer,
-- how many arguments are fields of the partial, these, and the ids of the messages.
local pending
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local fields = {}
  for i = 1, #consumer, 2 do fields[consumer[i]] = consumer[i + 1] end
  if fields['name'] == ARGV[2] then pending = fields['pending'] end
end
if pending ~= tonumber(ARGV[3]) then return false end
local first_id = 5 + tonumber(ARGV[4])
-- First, since it is what may be refused when memory runs out.
local id = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 5, first_id - 1))
-- Lua takes some thousand arguments at once.
for from = first_id, #ARGV, 1000 do
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, from, math.min(from + 999, #ARGV)))
end
return id
