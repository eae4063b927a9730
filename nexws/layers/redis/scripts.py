"""What runs inside of the store, in one step each: nothing is half done.

The keys of a group share a hash tag, so that a cluster keeps them together. They are, behind the group's own name:
``m`` what is known of its log, ``s`` the log, a stream whose ids are the offsets, ``k:...`` idempotency keys; and of
presence ``e`` entries by connection, ``c`` how many of each member, ``i`` what each said last, ``o`` their order,
``n`` until when each node is trusted to live.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ENTER", "LEAVE", "PRESENT", "PUBLISH", "READ", "REFRESH"]

_EPOCH: Final = """
local function replication()
  if ARGV[1] == '1' then return '' end
  local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  return '.' .. string.sub(id or '', 1, 8)
end
local function milliseconds()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
"""

_TRIM: Final = """
local function trim(events, seconds_ms, bytes, size, now)
  local count = redis.call('XLEN', KEYS[2])
  local oldest = now - seconds_ms
  while count > 0 do
    local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
    local kept_at, its_size = tonumber(first[2][4]), tonumber(first[2][6])
    if count == 1 then size = its_size end  -- whatever became of those before
    if count <= events and size <= bytes and kept_at >= oldest then break end
    redis.call('XDEL', KEYS[2], first[1])
    count, size = count - 1, size - its_size
  end
  return size
end
"""

PUBLISH: Final = (
    _EPOCH
    + _TRIM
    + """
-- KEYS: m s k; ARGV: trusts, channel, packed, key ms, fresh epoch, log ms, events, seconds ms, bytes, size, sharded
if ARGV[4] ~= '0' then
  local known = redis.call('HMGET', KEYS[3], 'epoch', 'offset', 'receivers')
  if known[3] then return {1, known[1], known[2], known[3]} end
end
local epoch, offset, position = '', '0', ''
if ARGV[7] ~= '0' then
  local meta = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'size')
  if not meta[1] then
    meta = {ARGV[5], 0, 0}
    redis.call('DEL', KEYS[2])
  end
  epoch = meta[1] .. replication()
  offset = string.format('%.0f', meta[2] + 1)
  local now = milliseconds()
  redis.call('XADD', KEYS[2], offset .. '-1', 'p', ARGV[3], 't', string.format('%.0f', now), 'b', ARGV[10])
  local size = trim(tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), meta[3] + ARGV[10], now)
  redis.call('HSET', KEYS[1], 'epoch', meta[1], 'top', offset, 'size', size, 'ms', ARGV[8])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  position = epoch .. ':' .. offset
end
local receivers = redis.call(ARGV[11] == '1' and 'SPUBLISH' or 'PUBLISH', ARGV[2], position .. '\\n' .. ARGV[3])
if ARGV[4] ~= '0' then
  redis.call('HSET', KEYS[3], 'epoch', epoch, 'offset', offset, 'receivers', receivers)
  redis.call('PEXPIRE', KEYS[3], ARGV[4])
end
return {0, epoch, tostring(offset), tostring(receivers)}
"""
)

READ: Final = (
    _EPOCH
    + _TRIM
    + """
-- KEYS: m s; ARGV: trusts, since offset or '', since epoch, limit or ''
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'ms', 'size')
if not meta[2] then return {'', '0', 0, {}} end
local epoch, top = meta[1] .. replication(), tonumber(meta[2])
local size = trim(9007199254740992, tonumber(meta[3]), 9007199254740992, tonumber(meta[4]), milliseconds())
if size ~= tonumber(meta[4]) then redis.call('HSET', KEYS[1], 'size', size) end
local limit = tonumber(ARGV[4] == '' and '9007199254740992' or ARGV[4])
local entries, complete = {}, 1
if ARGV[2] == '' then
  local found = limit > 0 and redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', limit) or {}
  for index = #found, 1, -1 do entries[#entries + 1] = found[index] end
  if #entries < redis.call('XLEN', KEYS[2]) then complete = 0 end
else
  local since = tonumber(ARGV[2])
  if ARGV[3] ~= epoch or since > top then
    complete, since = 0, 0
  end
  local from = string.format('%.0f-1', since + 1)
  if limit > 0 then entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', limit) end
  if complete == 1 and #entries ~= top - since then complete = 0 end
end
local packed = {}
for _, each in ipairs(entries) do packed[#packed + 1] = {each[1], each[2][2], each[2][4]} end
return {epoch, string.format('%.0f', top), complete, packed}
"""
)

_PRESENCE: Final = """
-- KEYS: e c i o n; an entry is a node, a member, and what the connection says of it
local function milliseconds()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
local function drop(connection, member, info)
  redis.call('HDEL', KEYS[1], connection)
  if redis.call('HINCRBY', KEYS[2], member, -1) > 0 then return nil end
  redis.call('HDEL', KEYS[2], member)
  redis.call('HDEL', KEYS[3], member)
  redis.call('ZREM', KEYS[4], member)
  return info
end
local function bury()
  local gone = {}
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', milliseconds())) do
    redis.call('ZREM', KEYS[5], node)
    local entries = redis.call('HGETALL', KEYS[1])
    for index = 1, #entries, 2 do
      local entry = cmsgpack.unpack(entries[index + 1])
      if entry[1] == node and drop(entries[index], entry[2], entry[3]) then
        gone[#gone + 1] = {entry[2], entry[3]}
      end
    end
  end
  return gone
end
local function keep(ttl)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl * 3) end
end
"""

ENTER: Final = (
    _PRESENCE
    + """
-- ARGV: node, ttl, member, connection, info
local gone = bury()
redis.call('ZADD', KEYS[5], milliseconds() + ARGV[2], ARGV[1])
local is_first, before = 0, redis.call('HGET', KEYS[1], ARGV[4])
if before then
  local entry = cmsgpack.unpack(before)
  if entry[2] ~= ARGV[3] then
    drop(ARGV[4], entry[2], entry[3])
    before = false
  end
end
redis.call('HSET', KEYS[1], ARGV[4], cmsgpack.pack({ARGV[1], ARGV[3], ARGV[5]}))
if not before and redis.call('HINCRBY', KEYS[2], ARGV[3], 1) == 1 then
  is_first = 1
  local last = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  redis.call('ZADD', KEYS[4], (last[2] or 0) + 1, ARGV[3])
end
if before or is_first == 1 then redis.call('HSET', KEYS[3], ARGV[3], ARGV[5]) end
keep(ARGV[2])
return {is_first, gone}
"""
)

LEAVE: Final = (
    _PRESENCE
    + """
-- ARGV: connection, member
local found = redis.call('HGET', KEYS[1], ARGV[1])
if not found then return false end
local entry = cmsgpack.unpack(found)
if entry[2] ~= ARGV[2] then return false end
return drop(ARGV[1], ARGV[2], entry[3])
"""
)

PRESENT: Final = (
    _PRESENCE
    + """
-- ARGV: 1, or 0 to pass over the dead without burying them: it takes one who can tell the others
local gone, living = {}, nil
if ARGV[1] == '1' then
  gone = bury()
else
  local dead = {}
  living = {}
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', milliseconds())) do dead[node] = true end
  for index, each in ipairs(redis.call('HGETALL', KEYS[1])) do
    if index % 2 == 0 then
      local entry = cmsgpack.unpack(each)
      if not dead[entry[1]] then living[entry[2]] = true end
    end
  end
end
local found = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  if not living or living[member] then found[#found + 1] = {member, redis.call('HGET', KEYS[3], member)} end
end
return {found, gone}
"""
)

REFRESH: Final = (
    _PRESENCE
    + """
-- ARGV: node, ttl
redis.call('ZADD', KEYS[5], milliseconds() + ARGV[2], ARGV[1])
keep(ARGV[2])
return bury()
"""
)
