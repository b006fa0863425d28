package enrich

import "github.com/leat-io/leat/internal/redisapi"

// The scripts look how large a value is before they send it: one of hundreds of MiB would
// keep the commands of others waiting, and go into every event. For a value that is too
// large they return a number. Errors are returned as they are, so that their first word
// says what they are whatever the version of Redis.

var readTextWithin = redisapi.NewScript(`
local size = redis.pcall('STRLEN', KEYS[1])
if type(size) == 'table' then return size end
if size > tonumber(ARGV[1]) then return size end
return redis.call('GET', KEYS[1])
`)

// readHashWithin looks at the number of fields first, each of which has a byte at least
// in all but one.
var readHashWithin = redisapi.NewScript(`
local most = tonumber(ARGV[1])
local size = redis.pcall('HLEN', KEYS[1])
if type(size) == 'table' then return size end
if size > most + 1 then return size end
size = 0
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
	size = size + #name + redis.call('HSTRLEN', KEYS[1], name)
	if size > most then return size end
end
return redis.call('HGETALL', KEYS[1])
`)
