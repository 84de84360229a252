-- Removes consumers that have asked for nothing for some time and have nothing pending; one that is alive after all comes back with
-- its next read. In one step, since with a consumer its pending messages would go. KEYS: the stream. ARGV: group, ms.
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local fields = {}
  for i = 1, #consumer, 2 do fields[consumer[i]] = consumer[i + 1] end
  if fields['pending'] == 0 and fields['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], fields['name'])
  end
end
