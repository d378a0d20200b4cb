/** What the scripts know of their surroundings. */
export interface ScriptOptions {
  /** Of all keys. */
  prefix: string;
  bus: string;
  /** Messages kept per room, at least. */
  messages: number;
  /** Milliseconds that a message is kept, and a session that was closed. */
  age: number;
}

/** Comings, goings, states and the places of messages that are kept to fill a hole: some seconds of a busy deployment. */
export const MOVES = 100_000;
/** Of a clientMsgId; two generations of so many are remembered. */
const REMEMBERED = 500_000;
/** A store that has lost what a node has seen goes on so far above it: more than can be on its way to anybody. */
const JUMP = 100_000;

/**
 * What all scripts begin with: the keys, the time, and the head of the order. Where the store is behind what a node has
 * seen (wiped, or brought back without its last moments) the order begins anew above that: no id is given twice.
 */
export function prelude({ prefix, bus, messages, age }: ScriptOptions): string {
  return `
local P = '${prefix}'
local BUS = '${bus}'
local KEEP, AGE, MOVES_KEPT = ${messages}, ${age}, ${MOVES}
local WINDOW, REMEMBERED = ${24 * 3600 * 1000}, ${REMEMBERED}
local HEAD, TICKS, TOPS, MOVES, MEMBERS = P .. 'head', P .. 'ticks', P .. 'tops', P .. 'moves', P .. 'members'
local call = redis.call

local function int(number) return string.format('%.0f', number) end

local function time(given)
  if given ~= '' then return tonumber(given) end
  local now = call('TIME')
  return tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
end

-- The highest N that anything here speaks of.
local function highest(known)
  local top = call('ZRANGE', TOPS, 0, 0, 'REV', 'WITHSCORES')[2]
  local move = call('XREVRANGE', MOVES, '+', '-', 'COUNT', 1)[1]
  return math.max(known, tonumber(top or 0), tonumber(move and string.match(move[1], '%d+') or 0))
end

-- Nobody is present at first: nodes that live say again who is.
local function begin(n, t)
  call('HSET', HEAD, 'n', int(n), 'b', int(n), 't', int(t), 's', int(t), 'f', int(n))
  call('HSETNX', HEAD, 'c', '0')
  call('ZADD', TICKS, int(n), int(t))
  call('DEL', MEMBERS)
  return n
end

-- The last N; above what the caller has seen.
local function head(known, now)
  local found = call('HMGET', HEAD, 'n', 't')
  local n, t = tonumber(found[1]), tonumber(found[2] or 0)
  if n and n >= known then return n, t end
  t = math.max(t, math.floor(now / 1000))
  return begin(highest(math.max(n or 0, known)) + ${JUMP}, t), t
end
`;
}

/** Takes part in the order: where it stands, and who is present there. ARGV: now, N known, N of a fresh store. */
export const ENTER = `
local now, known = time(ARGV[1]), tonumber(ARGV[2])
if known == 0 and not call('HGET', HEAD, 'n') then
  local top = highest(0)
  if top == 0 then begin(tonumber(ARGV[3]), math.floor(now / 1000)) else head(top, now) end
end
local n = head(known, now)
return { int(n), call('HGET', HEAD, 'b'), call('HVALS', MEMBERS) }
`;

/** Those were present before everything was lost. ARGV: N, then of each where it is and who. */
export const SEAT = `
for i = 2, #ARGV, 2 do call('HSETNX', MEMBERS, ARGV[i], ARGV[1] .. ' ' .. ARGV[i + 1]) end
`;

/** Says on a node's own channel where the order stands. ARGV: now, N known, channel, mark. */
export const LOOK = `
local n = int((head(tonumber(ARGV[2]), time(ARGV[1]))))
-- It must be able to write, or else the node has to know.
call('HSET', HEAD, 'l', n)
call('PUBLISH', ARGV[3], ARGV[4] .. ' ' .. n)
return n
`;

/** What was the second of an N. ARGV: N. */
export const CHECK = `
local found = call('HMGET', HEAD, 'n', 'b')
local tick = call('ZRANGE', TICKS, ARGV[1], '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
return { found[1] or '', found[2] or '', tick or '' }
`;
