package redis

import (
	"crypto/sha1" //nolint:gosec // Redis names a script by its SHA-1; nothing is kept safe by it
	"encoding/hex"
)

// Redis runs a script atomically. The first line of each script requires Redis 7, which replicates a script's changes instead
// of the script, and which confines a script to the hash slot of its keys. An older server refuses the script.
//
// Every table has the same three indexes in each partition. The scripts that change records get them as KEYS: the due times in
// microseconds, the customers, and the number of records at each place.
type script struct{ hash, source string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source)) //nolint:gosec // see above
	return script{hash: hex.EncodeToString(sum[:]), source: source}
}

// The scripts of every store.
type scripts struct{ write, claim, forget, hold script }

func newScripts() scripts {
	return scripts{
		write:  newScript("#!lua\n" + prelude + writeSource),
		claim:  newScript("#!lua flags=allow-oom\n" + claimSource),
		forget: newScript("#!lua flags=allow-oom\n" + prelude + forgetSource),
		hold:   newScript("#!lua flags=allow-oom\n" + holdSource),
	}
}

// A record is a string: a head of 13 bytes (see head in record.go), the customer, the place and the log. The functions close
// and move update the indexes with it.
const prelude = `
local call, unpack, pack, sub = redis.call, struct.unpack, struct.pack, string.sub
local due, customers, places = KEYS[1], KEYS[2], KEYS[3]
local LIVE, CLOSED, NEVER = 76, 67, math.huge

local function member(customer, key)
  return #customer .. ':' .. customer .. ':' .. sub(key, -32)
end

local function move(from, to)
  if from == to then return end
  if from ~= '' and call('HINCRBY', places, from, -1) <= 0 then call('HDEL', places, from) end
  if to ~= '' then call('HINCRBY', places, to, 1) end
end

local function close(key, was, customer, place, log, keep)
  if was < NEVER then call('ZREM', due, sub(key, -32)) end
  if customer ~= '' then call('ZREM', customers, member(customer, key)) end
  move(place, '')
  if keep == '' then call('DEL', key)
  else call('SET', key, pack('>BdHH', CLOSED, NEVER, 0, 0) .. log, 'PX', keep) end
end
`

// writeSource makes changes. KEYS: the indexes, then the key of each change's record. ARGV: the deadline (empty for none), then
// for each change its operation and the arguments of that kind. It returns the server's time, if it needed it, and each record
// before its change. The caller computes the records after it.
//
// The most frequent change, an append to a record that exists and is due sooner, is a GET and an APPEND.
const writeSource = `
local now
local function clock()
  if not now then local t = call('TIME'); now = t[1] * 1000000 + t[2] end
  return now
end

local function create(key, op, at, log)
  local customer = sub(op, 18)
  call('SET', key, pack('>BdHH', LIVE, at, #customer, 0) .. customer .. log)
  if at < NEVER then call('ZADD', due, at, sub(key, -32)) end
  if customer ~= '' then call('ZADD', customers, 0, member(customer, key)) end
end

local function name(key, record, op, was, place, log)
  local customer = sub(op, 18)
  call('SET', key, pack('>BdHH', LIVE, was, #customer, place) .. customer .. sub(record, 14) .. log)
  call('ZADD', customers, 0, member(customer, key))
end

local function hasten(key, at)
  call('SETRANGE', key, 1, pack('>d', at))
  call('ZADD', due, at, sub(key, -32))
end

local function replace(key, record, op, at, old, log, place, keep)
  local state, was, c, p = unpack('>BdHH', record)
  local head = 13 + c + p
  if state == CLOSED or sub(record, head + 1) ~= old then return end
  local customer, from = sub(record, 14, 13 + c), sub(record, 14 + c, head)
  if unpack('>B', op) == 2 then return close(key, was, customer, from, log, keep) end
  if c == 0 and #op > 17 then
    customer = sub(op, 18)
    call('ZADD', customers, 0, member(customer, key))
  end
  call('SET', key, pack('>BdHH', LIVE, at, #customer, #place) .. customer .. place .. log)
  if at < NEVER then call('ZADD', due, at, sub(key, -32))
  elseif was < NEVER then call('ZREM', due, sub(key, -32)) end
  move(from, place)
end

if ARGV[1] ~= '' and clock() > tonumber(ARGV[1]) then
  return redis.error_reply('LATE the deadline of the caller has passed')
end
local was, a, KEYS, ARGV = {}, 2, KEYS, ARGV
for k = 4, #KEYS do
  local key, op, log = KEYS[k], ARGV[a], ARGV[a + 1]
  local record = call('GET', key)
  local kind, at, lease = unpack('>Bdd', op)
  if lease < NEVER then
    lease = clock() + lease
    if lease < at then at = lease end
  end
  if kind > 0 then
    if record then replace(key, record, op, at, ARGV[a + 2], log, ARGV[a + 3], ARGV[a + 4]) end
    a = a + 5
  else
    if record then
      local state, was, c, p = unpack('>BdHH', record)
      if state == LIVE then
        if c == 0 and #op > 17 then name(key, record, op, was, p, log)
        elseif log ~= '' then call('APPEND', key, log) end
        if at < was then hasten(key, at) end
      end
    else
      create(key, op, at, log)
    end
    a = a + 2
  end
  was[k - 3] = record
end
return {now or 0, was}
`

// claimSource claims records. KEYS: the index of due times. ARGV: the prefix of record keys, the number of records to claim,
// the number of further due times to report, the time by which records have to be due (empty for now), and the time at which
// claimed records are due again. It returns the server's time, the claimed records (key, time, record) and the times of the
// others.
const claimSource = `
local call = redis.call
local t = call('TIME')
local now = t[1] * 1000000 + t[2]
local take, more, bound, again = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if bound == '' then bound = now end
local found = call('ZRANGE', KEYS[1], '-inf', bound, 'BYSCORE', 'LIMIT', 0, take + more, 'WITHSCORES')
local packed = struct.pack('>d', again)
local claimed, times = {}, {}
for i = 1, #found, 2 do
  local id, at = found[i], found[i + 1]
  if i > 2 * take then
    times[#times + 1] = at
  else
    local key = ARGV[1] .. id
    local record = call('GET', key)
    if record then
      call('SETRANGE', key, 1, packed)
      call('ZADD', KEYS[1], again, id)
      local n = #claimed
      claimed[n + 1], claimed[n + 2], claimed[n + 3] = id, at, record
    else
      call('ZREM', KEYS[1], id)
    end
  end
end
return {now, claimed, times}
`

// forgetSource closes records of a customer. KEYS: the indexes. ARGV: the prefix of record keys, the prefix of the customer's
// members, the retention time (empty for none), and the maximum number of records. It returns the number of closed records.
const forgetSource = `
local found = call('ZRANGE', customers, '[' .. ARGV[2], '[' .. ARGV[2] .. 'g', 'BYLEX', 'LIMIT', 0, ARGV[4])
for i = 1, #found do
  local key = ARGV[1] .. sub(found[i], -32)
  local record = call('GET', key)
  if record then
    local state, was, c, p = unpack('>BdHH', record)
    close(key, was, sub(record, 14, 13 + c), sub(record, 14 + c, 13 + c + p), '', ARGV[3])
  else
    call('ZREM', customers, found[i])
  end
end
return #found
`

// holdSource takes or extends a lease. KEYS: the lease. ARGV: the holder and the milliseconds, of which 0 end the holder's
// lease. It returns whether the holder has or had the lease.
const holdSource = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
`
