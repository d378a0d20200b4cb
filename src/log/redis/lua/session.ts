// A session is a hash: r its record, o whether it is open, a its last use, h and s its holder and since when.

/** ARGV: now, id, record, open, holder, since. @returns 0 where a later holder has it */
export const SAVE_SESSION = `
local key = P .. 'session:' .. ARGV[2]
local since = call('HGET', key, 's')
if since and tonumber(since) > tonumber(ARGV[6]) then return 0 end
call('HSET', key, 'r', ARGV[3], 'o', ARGV[4], 'a', int(time(ARGV[1])), 'h', ARGV[5], 's', ARGV[6])
call('PEXPIRE', key, AGE)
return 1
`;

/** ARGV: now, id, holder. */
export const CLOSE_SESSION = `
local key = P .. 'session:' .. ARGV[2]
if call('HGET', key, 'h') ~= ARGV[3] then return 0 end
call('HSET', key, 'o', '0', 'a', int(time(ARGV[1])))
call('PEXPIRE', key, AGE)
return 1
`;

/** ARGV: now, id. */
export const SESSION = `
local found = call('HMGET', P .. 'session:' .. ARGV[2], 'r', 'o', 'a')
if not found[1] then return false end
if found[2] == '0' and tonumber(found[3]) < time(ARGV[1]) - AGE then return false end
return { found[1], found[2] }
`;
