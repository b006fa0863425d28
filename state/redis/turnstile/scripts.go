package turnstile

import "github.com/leat-io/leat/internal/redisapi"

// The keys of a shard, which share a hash tag so that a script may use them together
// on a cluster:
//
//	TAG:g       hash: id, the generation; born, when it began, in ms; rebuilt, 1 if there was one before;
//	            awake, when all sessions that were over began to come back
//	TAG:s       hash: session → when it is over, in ms of the server's clock
//	TAG:KEY:q   sorted set: place+id of each event of a key, by its time in µs
//	TAG:KEY:d   sorted set: the same members, by when they are due, in ms
//	TAG:KEY:e   hash: id → entry
//	TAG:KEY:k   hash: lt, the last released time in µs; cur, the id of the event under way;
//	            tok, the last number given out; gap, 1 if the last event did not arrive;
//	            ng, the newest place that has gone; x, when its expiry was set, in ms
//
// An entry is its place (22 bytes), the session that has the event (12 bytes, blanks:
// nobody), and until when nobody's event is waited for, how late it is in µs, and flags
// (n: its time counts for nobody else; r: it stood in line already when Redis lost its
// memory).
//
// Every script may be carried out twice with the same effect as once, because an answer
// can be lost together with its connection.
const prelude = `
local G, S, Q, D, E, K = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local me, grace, channel = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local barrier, window, now = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local NOBODY = '            '
local gen = redis.call('HMGET', G, 'id', 'born', 'rebuilt', 'awake')
if gen[1] ~= ARGV[1] or tonumber(redis.call('HGET', S, me) or '0') < now then return {'GEN'} end
-- nobody goes, and nobody is given up, before all have had time to say that they live
local open = math.max(tonumber(gen[2]), tonumber(gen[4] or '0')) + barrier

local function entry(id)
  local v = redis.call('HGET', E, id)
  if not v then return nil end
  local till, late, flags = string.match(v, '^(%d+)|(%d+)|(%a*)$', 35)
  return {place = string.sub(v, 1, 22), session = string.sub(v, 23, 34), till = tonumber(till), late = tonumber(late), flags = flags}
end

local function store(id, e)
  redis.call('HSET', E, id, e.place .. e.session .. string.format('%d|%d|%s', e.till, e.late, e.flags))
end

local function drop(id, e)
  redis.call('ZREM', Q, e.place .. id)
  redis.call('ZREM', D, e.place .. id)
  redis.call('HDEL', E, id)
end

local function counts(e) return not string.find(e.flags, 'n', 1, true) end

local function hint(session) redis.call('PUBLISH', channel .. session, ARGV[8]) end

-- how long an event is still waited for whose holder is gone; nil: its holder lives
local function absent(e)
  if e.session == me then return nil end
  if e.session == NOBODY then return e.till - now end
  local over = tonumber(redis.call('HGET', S, e.session) or '0')
  if over >= now then return nil end
  return math.max(over + grace, open) - now
end

-- the holder of an event is gone: if it had its turn, nobody knows whether it arrived, and
-- what is earlier is late
local function orphan(id, e)
  if redis.call('HGET', K, 'cur') ~= id then return end
  redis.call('HSET', K, 'cur', '') -- it may come again, and is not under way then
  local last, at = redis.call('HGET', K, 'lt'), tonumber(redis.call('ZSCORE', Q, e.place .. id))
  if at and counts(e) and (not last or at > tonumber(last)) then redis.call('HSET', K, 'lt', string.format('%d', at)) end
end

local function abandon(id, e)
  orphan(id, e)
  drop(id, e)
  redis.call('HSET', K, 'gap', '1')
end

-- the event under way, if it is ours: nobody here has heard of its turn. Whoever has it
-- is told, as it may not know of it either.
local function current()
  local id = redis.call('HGET', K, 'cur')
  if not id or id == '' then return nil end
  local e = entry(id)
  if not e then return nil end
  if e.session == me then return id, e end
  local left = absent(e)
  if not left then
    hint(e.session)
    return nil, nil, {'WAIT', -1, e.session}
  end
  if left > 0 then return nil, nil, {'WAIT', left, NOBODY} end
  abandon(id, e)
end

local function head()
  while true do
    local first = redis.call('ZRANGE', Q, 0, 0)[1]
    if not first then return nil, nil, {'NONE'} end
    local id = string.sub(first, 23)
    local e = entry(id)
    if not e or e.place ~= string.sub(first, 1, 22) then
      redis.call('ZREM', Q, first)
      redis.call('ZREM', D, first)
    else
      local left = absent(e)
      if not left then return id, e end
      if left > 0 then return nil, nil, {'WAIT', left, NOBODY} end
      abandon(id, e)
    end
  end
end

local function go(id, e)
  local k = redis.call('HMGET', K, 'tok', 'gap', 'ng', 'lt')
  local tok = string.format('%d', k[1] and tonumber(k[1]) + 1 or now)
  local overtaken = (k[3] and e.place < k[3]) and '1' or '0'
  if overtaken == '0' then redis.call('HSET', K, 'ng', e.place) end
  redis.call('HSET', K, 'cur', id, 'tok', tok)
  local late = e.late
  if counts(e) and k[4] then
    late = math.max(late, tonumber(k[4]) - tonumber(redis.call('ZSCORE', Q, e.place .. id) or k[4]))
  end
  local unsure = (gen[3] == '1' and now < tonumber(gen[2]) + barrier + window) or string.find(e.flags, 'r', 1, true)
  return {'GO', id, tok, string.format('%d', late), k[2] or '0', unsure and '1' or '0', overtaken, counts(e) and '1' or '0'}
end

-- whose turn it is: GO, an event of ours may go; WAIT, so many ms, for whom; NONE
local function turn()
  local id, e, wait = current()
  if wait then return wait end
  if id then return go(id, e) end
  if now < open then return {'WAIT', open - now, NOBODY} end
  id, e, wait = head()
  if wait then return wait end
  local due = tonumber(redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')[2] or '0')
  if due > now then return {'WAIT', due - now, e.session} end
  if e.session == me then return go(id, e) end
  hint(e.session)
  return {'WAIT', -1, e.session}
end
`

// enter: 9 id, 10 place, 11 time in µs or "", 12 due in ms from now, 13 how far ahead of
// the clock a time may be, in µs, 14 expiry of keys in ms, 15 the generation in which it came or "", 16 1 if it has its turn.
// Answers HELD, ms until somebody is due, for whom; or BUSY: another process that lives
// has an event of this id.
var enterScript = redisapi.NewScript(prelude + `
local id, place, at, due = ARGV[9], ARGV[10], tonumber(ARGV[11]), now + tonumber(ARGV[12])
local flags = (ARGV[15] ~= '' and ARGV[15] ~= gen[1]) and 'r' or ''
if not at or at > now * 1000 + tonumber(ARGV[13]) then at, flags = now * 1000, flags .. 'n' end
local e = entry(id)
if e and not redis.call('ZSCORE', Q, e.place .. id) then
  redis.call('HDEL', E, id)
  e = nil
end
if e and e.session ~= me then
  if not absent(e) then
    hint(e.session)
    return {'BUSY'}
  end
  e.session, e.till = me, 0
  store(id, e)
  orphan(id, e)
elseif not e then
  local k = redis.call('HMGET', K, 'lt', 'cur', 'x')
  local last = tonumber(k[1] or '-9e15')
  if k[2] and k[2] ~= '' then
    local c = entry(k[2])
    if c and counts(c) then last = math.max(last, tonumber(redis.call('ZSCORE', Q, c.place .. k[2]) or '-9e15')) end
  end
  e = {place = place, session = me, till = 0, late = 0, flags = flags}
  if counts(e) and at < last then e.late, due = last - at, now end
  redis.call('ZADD', Q, string.format('%d', at), place .. id)
  redis.call('ZADD', D, string.format('%d', due), place .. id)
  store(id, e)
  if redis.call('ZCARD', Q) == 1 or not k[3] or now - tonumber(k[3]) > tonumber(ARGV[14]) / 10 then
    redis.call('HSET', K, 'x', string.format('%d', now))
    for _, key in ipairs({Q, D, E, K}) do redis.call('PEXPIRE', key, ARGV[14]) end
  end
end
if ARGV[16] == '1' and (redis.call('HGET', K, 'cur') or '') == '' then redis.call('HSET', K, 'cur', id) end
local first = redis.call('ZRANGE', D, 0, 0, 'WITHSCORES')
local head = entry(string.sub(redis.call('ZRANGE', Q, 0, 0)[1], 23))
return {'HELD', math.max(0, tonumber(first[2] or '0') - now), head and head.session or NOBODY}`)

// next answers as turn does. It is called while no event of the key is under way here.
var nextScript = redisapi.NewScript(prelude + `return turn()`)

// done: 9 id, 10 outcome, 11 time in µs or "", 12 for how long it is waited for when it
// goes back, in ms. Outcomes: settled; dead, it did not arrive; dropped; back, it goes
// back to its source. Answers as turn does, for the event after it.
var doneScript = redisapi.NewScript(prelude + `
local id, outcome, at = ARGV[9], ARGV[10], tonumber(ARGV[11])
local e = entry(id)
if (outcome == 'settled' or outcome == 'dead') and at then
  local last = redis.call('HGET', K, 'lt')
  if not last or at > tonumber(last) then redis.call('HSET', K, 'lt', ARGV[11]) end
end
-- what is settled is waited for no longer, also if it was given back by mistake meanwhile
if e and (e.session == me or e.session == NOBODY and outcome ~= 'back') then
  local was = redis.call('HGET', K, 'cur') == id
  if was and (outcome == 'settled' or outcome == 'dead') then redis.call('HDEL', K, 'gap') end
  if was and outcome == 'dead' then redis.call('HSET', K, 'gap', '1') end
  if outcome == 'back' then
    e.session, e.till = NOBODY, now + tonumber(ARGV[12])
    store(id, e)
  else
    drop(id, e)
  end
  if was then redis.call('HSET', K, 'cur', '') end
end
return turn()`)

// beat: KEYS g, s; 1 the generation we know or "", 2 session, 3 ms to live, 4 now or "",
// 5 the name of a new generation. Answers the generation, and whether the session lived.
var beatScript = redisapi.NewScript(`
local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local gen = redis.call('HGET', KEYS[1], 'id')
if not gen then
  gen = ARGV[5]
  redis.call('HSET', KEYS[1], 'id', gen, 'born', string.format('%d', now), 'rebuilt', ARGV[1] == '' and '0' or '1')
elseif ARGV[1] ~= '' and gen ~= ARGV[1] and redis.call('HGET', KEYS[1], 'rebuilt') == '0' then
  redis.call('HSET', KEYS[1], 'born', string.format('%d', now), 'rebuilt', '1')
end
local over = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0')
if ARGV[1] ~= '' and over < now then
  local lives = false
  for _, till in ipairs(redis.call('HVALS', KEYS[2])) do lives = lives or tonumber(till) >= now end
  if not lives then redis.call('HSET', KEYS[1], 'awake', string.format('%d', now)) end
end
redis.call('HSET', KEYS[2], ARGV[2], string.format('%d', now + tonumber(ARGV[3])))
if redis.call('HLEN', KEYS[2]) > 50 then
  local all = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    if tonumber(all[i + 1]) < now - 86400000 then redis.call('HDEL', KEYS[2], all[i]) end
  end
end
return {gen, over >= now and 1 or 0}`)

// restore: KEYS g, k; 1 generation, 2 last released time in µs, 3 last number, 4 expiry
// of keys in ms. A key's memory is never put back behind what it is by now.
var restoreScript = redisapi.NewScript(`
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 'GEN' end
for name, value in pairs({lt = ARGV[2], tok = ARGV[3]}) do
  local is = redis.call('HGET', KEYS[2], name)
  if not is or tonumber(is) < tonumber(value) then redis.call('HSET', KEYS[2], name, value) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 'OK'`)
