/** A page of some rooms. Nil where it is not complete. ARGV: upTo, limit, then room, after, for each room. */
export const READ = `
local upTo, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = call('HMGET', HEAD, 'b', 'c')
local base, cut = tonumber(found[1] or 0), tonumber(found[2] or 0)
local chunk = math.max(16, math.ceil(2 * limit / math.max(1, (#ARGV - 2) / 2)))
local rows, places, sources = {}, {}, {}

local function place(row) return tonumber(string.match(row[1], '%d+')) end

-- Takes the next rows of a room. Its end is where everything up to upTo has been taken.
local function take(source)
  local from = '(' .. int(source.last) .. '-0'
  local taken = call('XRANGE', source.stream, from, int(upTo), 'COUNT', chunk)
  for _, row in ipairs(taken) do
    local n = place(row)
    if not rows[n] then
      rows[n] = row
      places[#places + 1] = n
    end
    source.last = n
  end
  source.ended = #taken < chunk
end

for i = 3, #ARGV, 2 do
  local room, after = ARGV[i], tonumber(ARGV[i + 1])
  if after < base then return false end
  local stream, start = P .. 'room:' .. room, math.max(after + 1, cut)
  local first = call('XRANGE', stream, int(start), '+', 'COUNT', 1)[1]
  if first then
    if tonumber(first[2][2]) > after then return false end
    local source = { stream = stream, last = start - 1 }
    take(source)
    sources[#sources + 1] = source
  else
    local top = call('ZSCORE', TOPS, room)
    if top and tonumber(top) > after then return false end
    -- Forgotten, or never there: what it may have held is too old.
    if not top and after + 1 < cut then return false end
  end
end

-- Up to the place that all rooms have reached nothing is missing.
local function behind()
  local found
  for _, source in ipairs(sources) do
    if not source.ended and (not found or source.last < found.last) then found = source end
  end
  return found
end

local function count(last)
  local all = 0
  for _, n in ipairs(places) do if n <= last then all = all + 1 end end
  return all
end

local source = behind()
while source and count(source.last) < limit do
  take(source)
  source = behind()
end

table.sort(places)
local page = {}
for i = 1, math.min(limit, #places) do
  local row = rows[places[i]]
  page[i] = int(places[i]) .. ' ' .. row[2][4] .. ' ' .. row[2][6]
end
return page
`;

/** ARGV: room, before, after (each may be empty), limit. Newest first, unless there is an after. */
export const HISTORY = `
local cut = tonumber(call('HGET', HEAD, 'c') or 0)
local stream, limit = P .. 'room:' .. ARGV[1], ARGV[4]
local last = ARGV[2] == '' and '+' or '(' .. ARGV[2] .. '-0'
local first = int(math.max(cut, ARGV[3] == '' and 0 or tonumber(ARGV[3]) + 1))
local rows
if ARGV[2] ~= '' and tonumber(ARGV[2]) <= tonumber(first) then return {} end
if ARGV[3] == '' then rows = call('XREVRANGE', stream, last, first, 'COUNT', limit)
else rows = call('XRANGE', stream, first, last, 'COUNT', limit) end
local page = {}
for i, row in ipairs(rows) do
  page[i] = string.match(row[1], '%d+') .. ' ' .. row[2][4] .. ' ' .. row[2][6]
end
return page
`;

/** ARGV: room. */
export const STATES = `
local keys = call('ZRANGE', P .. 'turns:' .. ARGV[1], 0, -1)
if #keys == 0 then return {} end
return call('HMGET', P .. 'state:' .. ARGV[1], unpack(keys))
`;

/**
 * What stands behind one place, up to another one: as it went over the bus. Nil where something of it is gone.
 * ARGV: after, upTo, entries at most, bytes at most.
 */
export const HOLE = `
local n, limit, bytes = tonumber(ARGV[1]), tonumber(ARGV[3]), 0
local moves = call('XRANGE', MOVES, '(' .. ARGV[1] .. '-0', ARGV[2], 'COUNT', limit)
if #moves < math.min(limit, tonumber(ARGV[2]) - n) then return false end
local echoes = {}
for i, move in ipairs(moves) do
  n = n + 1
  if move[1] ~= int(n) .. '-0' then return false end
  local tag, t, payload = move[2][2], move[2][4], move[2][6]
  if move[2][3] == 'r' then
    local row = call('XRANGE', P .. 'room:' .. move[2][4], move[1], move[1])[1]
    if not row then return false end
    t, payload = row[2][4], row[2][6]
  end
  echoes[i] = int(n) .. ' ' .. t .. ' 0 ' .. tag .. ' ' .. payload
  bytes = bytes + #payload
  if bytes > tonumber(ARGV[4]) then break end
end
return echoes
`;
