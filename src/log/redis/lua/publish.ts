/**
 * Gives a draft its place, keeps it and tells all nodes. What is written first is refused by a Redis that is full, so
 * all of it happens or nothing.
 *
 * ARGV: now, N known, class, notBefore, clientMsgId, tag, payload, key (of a state; of a member), member, room…
 */
export const PUBLISH = `
local now, kind, id, tag, payload = time(ARGV[1]), ARGV[3], ARGV[5], ARGV[6], ARGV[7]
local at = call('HMGET', HEAD, 'n', 't', 's', 'k', 'c', 'g', 'f')
if not at[1] or tonumber(at[1]) < tonumber(ARGV[2]) then
  head(tonumber(ARGV[2]), now)
  at = call('HMGET', HEAD, 'n', 't', 's', 'k', 'c', 'g', 'f')
end
local n, t, second, k, cut = tonumber(at[1]), tonumber(at[2]), tonumber(at[3]), 0, tonumber(at[5] or 0)
local first = tonumber(at[7])
local sent = P .. 'sent:' .. (at[6] or '0')

if id ~= '' then
  local known = call('HGET', sent, id) or call('HGET', P .. 'sent:' .. (at[6] == '1' and '0' or '1'), id)
  local given, place = string.match(known or '', '^(%d+) (.*)$')
  if given and tonumber(given) > now - WINDOW then return place .. ' 1' end
end

-- Once a second: what is too old goes.
local function tidy()
  local oldest = math.floor((now - AGE) / 1000)
  for _ = 1, 1000 do
    local ticks = call('ZRANGE', TICKS, 0, 1)
    if not ticks[2] or tonumber(ticks[2]) > oldest then break end
    call('ZPOPMIN', TICKS)
  end
  local ticks = call('ZRANGE', TICKS, 0, 1, 'WITHSCORES')
  if tonumber(ticks[1]) <= oldest then cut = tonumber(ticks[4]) end
  for _, room in ipairs(call('ZRANGE', TOPS, '-inf', '(' .. int(cut), 'BYSCORE', 'LIMIT', 0, 500)) do
    call('UNLINK', P .. 'room:' .. room)
    call('ZREM', TOPS, room)
  end
  local since = tonumber(call('HGET', HEAD, 'gs') or 0)
  if now - since < WINDOW and call('HLEN', sent) < REMEMBERED then return end
  local other = at[6] == '1' and '0' or '1'
  call('UNLINK', P .. 'sent:' .. other)
  call('HSET', HEAD, 'g', other, 'gs', int(now))
  sent = P .. 'sent:' .. other
end

t = math.max(t, math.floor(now / 1000), tonumber(ARGV[4]))
if kind == 'ephemeral' then
  k = tonumber(at[4] or 0) + 2
  call('HSET', HEAD, 't', int(t), 'k', int(k))
else
  n = n + 1
  if t > second then
    first = n
    call('HSET', HEAD, 'n', int(n), 't', int(t), 's', int(t), 'f', int(n))
    call('ZADD', TICKS, int(n), int(t))
    tidy()
    call('HSET', HEAD, 'c', int(cut))
  else
    call('HSET', HEAD, 'n', int(n), 't', int(t))
  end
end

local place = int(n) .. ' ' .. int(t) .. ' ' .. int(k)
local row, stamp = int(n) .. '-0', int(t)

if kind == 'durable' then
  for i = 10, #ARGV do
    local room = ARGV[i]
    -- Of a room that is new, or was forgotten, nobody knows what it held before the oldest that is kept.
    local prev = call('ZSCORE', TOPS, room) or int(math.max(0, cut - 1))
    local stream = P .. 'room:' .. room
    call('ZADD', TOPS, int(n), room)
    call('XADD', stream, 'MAXLEN', '~', KEEP, row, 'p', prev, 't', stamp, 'm', payload)
    if cut > 0 and tonumber(prev) < first then call('XTRIM', stream, 'MINID', int(cut)) end
  end
  call('XADD', MOVES, 'MAXLEN', '~', MOVES_KEPT, row, 'o', tag, 'r', ARGV[10])
elseif kind ~= 'ephemeral' then
  call('XADD', MOVES, 'MAXLEN', '~', MOVES_KEPT, row, 'o', tag, 't', stamp, 'm', payload)
end

if kind == 'presence' and ARGV[8] ~= '' then
  if ARGV[9] == '' then call('HDEL', MEMBERS, ARGV[8])
  else call('HSETNX', MEMBERS, ARGV[8], int(n) .. ' ' .. ARGV[9]) end
end

if kind == 'state' then
  for i = 10, #ARGV do
    local values, turns = P .. 'state:' .. ARGV[i], P .. 'turns:' .. ARGV[i]
    call('HSET', values, ARGV[8], int(n) .. ' ' .. stamp .. ' ' .. payload)
    call('ZADD', turns, int(n), ARGV[8])
    if call('ZCARD', turns) > 1000 then call('HDEL', values, call('ZPOPMIN', turns)[1]) end
  end
end

if id ~= '' then call('HSET', sent, id, int(now) .. ' ' .. place) end
call('PUBLISH', BUS, place .. ' ' .. tag .. ' ' .. payload)
return place
`;

/** Where the message of a clientMsgId stands. ARGV: now, clientMsgId. */
export const RECEIPT = `
for _, generation in ipairs({ call('HGET', HEAD, 'g') or '0', '0', '1' }) do
  local given, place = string.match(call('HGET', P .. 'sent:' .. generation, ARGV[2]) or '', '^(%d+) (.*)$')
  if given and tonumber(given) > time(ARGV[1]) - WINDOW then return place end
end
return ''
`;
