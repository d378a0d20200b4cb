// KEYS: a sorted set of the nodes, by when they have ended unless they are heard of until then; a hash of what they count.

const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/** A node starts. ARGV: names of nodes that somebody was connected to. */
export const ENTER = `${NOW}
if redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') == 0 then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now, name) end
end
for _, name in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'NX', now, name) end
`;

/** ARGV: name, lease, grace, figures. @returns names of those that live, their figures, and names of those to be buried */
export const BEAT = `${NOW}
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
local living = redis.call('ZRANGE', KEYS[1], '(' .. now, '+inf', 'BYSCORE')
local ended = redis.call('ZRANGE', KEYS[1], '-inf', now - tonumber(ARGV[3]), 'BYSCORE', 'LIMIT', 0, 100)
return { living, redis.call('HMGET', KEYS[2], unpack(living)), ended }
`;

/** Nobody of a node is left, unless it has been heard of again meanwhile. ARGV: name, grace. */
export const FORGET = `${NOW}
local until_ = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if until_ > now - tonumber(ARGV[2]) then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
`;

/** A node ends. ARGV: name. */
export const LEAVE = `${NOW}
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])
`;
