"""The script that counts a batch and reads counts back, as one command for Redis.

It runs alone, so two deliveries of a batch at once are two in a row, and the second finds each
request counted. Time is Redis's own: one clock for every instance.

Per deployment and bucket there is a hash of the requests seen, for as long as one may come again,
and per deployment and hour a hash of what was counted. A request is a record of 17 characters
(client 6, id 8, streams and error 3 as hex) in the shard of its client. At 1,000 requests/s a
bucket holds 10,000 records in 256 shards, about 190 kB, and the 90 buckets of 15 minutes 17 MB;
twice that rate is the bound, and beyond it the first of each bucket speak for the rest. Nothing is
probabilistic but the 48 bits of an id, which take two requests for one once in 6 million buckets.

1. A group that is too old or ahead of the clock is dropped and told.
2. The shards of the group's clients are read; what is known of these clients is added up.
3. A new record adds a request to its streams, an error that was none before adds an error. A
   client's requests and errors weigh what `weigh_client` says: the bucket gets the difference, in
   millionths, so that sums do not depend on the order in which requests come.
4. Shards and counts are written. Keys expire long after anybody looks at them.
"""

SCRIPT = """
local c = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local now = math.floor(now_ms / 1000)
local counted, late, ahead, beyond = 0, 0, 0, 0
local LENGTH, MILLION = 17, 1000000

local function weigh(n, k)
  if n == 0 then return 0, 0 end
  local share = math.min(c.client_requests / n, c.client_errors / math.max(k, 1), 1)
  return math.floor(n * share * MILLION + 0.5), math.floor(k * share * MILLION + 0.5)
end

local function shard_of(client)
  return string.sub(client, 1, 1) .. string.byte(client, 2) % 4
end

local function has(bits, stream)
  return stream == 1 or bit.band(bits, bit.lshift(1, stream - 1)) ~= 0
end

-- What is known of a client: its ids with their bits, and per stream its requests and errors.
local function add(client, id, bits)
  local before = client.bits[id]
  local after = bit.bor(before or 0, bits)
  client.bits[id] = after
  if not before then client.size = client.size + 1 end
  for stream = 1, #c.streams do
    if has(after, stream) then
      local was = before and has(before, stream)
      if not was then client.n[stream] = client.n[stream] + 1 end
      if bit.band(after, 1) == 1 and not (was and bit.band(before, 1) == 1) then
        client.k[stream] = client.k[stream] + 1
      end
    end
  end
end

local function new_client()
  local client = {bits = {}, size = 0, n = {}, k = {}}
  for stream = 1, #c.streams do client.n[stream], client.k[stream] = 0, 0 end
  return client
end

local function load_shards(key, records)
  local clients, shards, names = {}, {}, {}
  for at = 1, #records, LENGTH do
    local name = string.sub(records, at, at + 5)
    if not clients[name] then
      clients[name] = new_client()
      local shard = shard_of(name)
      if not shards[shard] then
        shards[shard] = ''
        names[#names + 1] = shard
      end
    end
  end
  local values = redis.call('HMGET', key, 'size', unpack(names))
  for i, shard in ipairs(names) do
    local value = values[i + 1] or ''
    shards[shard] = value
    for at = 1, #value, LENGTH do
      local client = clients[string.sub(value, at, at + 5)]
      if client then
        add(client, string.sub(value, at + 6, at + 13),
          tonumber(string.sub(value, at + 14, at + 16), 16))
      end
    end
  end
  return clients, shards, names, tonumber(values[1] or 0)
end

-- The record of an id that was an answer, and is an error now.
local function replace(value, start, bits)
  for at = 1, #value, LENGTH do
    if string.sub(value, at, at + 13) == start then
      return string.sub(value, 1, at + 13) .. string.format('%03x', bits)
        .. string.sub(value, at + LENGTH)
    end
  end
  return value
end

local function change_of(changes, stream)
  if not changes[stream] then changes[stream] = {n = 0, k = 0, wn = 0, wk = 0, clients = {}} end
  return changes[stream]
end

local function write_counts(key, start, changes)
  local streams, fields = {}, {}
  for stream in pairs(changes) do
    streams[#streams + 1] = stream
    fields[#fields + 1] = start .. ':' .. c.streams[stream]
  end
  if #fields == 0 then return end
  local values, new = redis.call('HMGET', key, unpack(fields)), {}
  for i, stream in ipairs(streams) do
    local change = changes[stream]
    local known = values[i] or '0 0 0 0 '
    local n, k, wn, wk, names = string.match(known, '^(%d+) (%d+) (%d+) (%d+) (.*)$')
    for _, name in ipairs(change.clients) do
      if #names < 7 * c.clients_kept then names = names .. name .. ',' end
    end
    new[#new + 1] = fields[i]
    new[#new + 1] = string.format('%.0f %.0f %.0f %.0f %s',
      n + change.n, k + change.k, wn + change.wn, wk + change.wk, names)
  end
  redis.call('HSET', key, unpack(new))
  redis.call('EXPIRE', key, c.counts_expire)
end

-- False if it cannot be kept; else what it changes is added to `changes`.
local function count_one(client, name, id, bits, changes)
  local before = {}
  for stream = 1, #c.streams do
    local wn, wk = weigh(client.n[stream], client.k[stream])
    before[stream] = {client.n[stream], client.k[stream], wn, wk}
  end
  add(client, id, bits)
  for stream = 1, #c.streams do
    local was, n, k = before[stream], client.n[stream], client.k[stream]
    if n ~= was[1] or k ~= was[2] then
      local change, wn, wk = change_of(changes, stream), weigh(n, k)
      change.n, change.k = change.n + n - was[1], change.k + k - was[2]
      change.wn, change.wk = change.wn + wn - was[3], change.wk + wk - was[4]
      if was[2] == 0 and k > 0 then change.clients[#change.clients + 1] = name end
    end
  end
end

local function count(ids_key, counts_key, start, records)
  if start + c.ids_kept <= now then
    late = late + #records / LENGTH
    return
  end
  if start > now + c.ahead then
    ahead = ahead + #records / LENGTH
    return
  end
  local clients, shards, names, size = load_shards(ids_key, records)
  local changes, changed, before = {}, {}, size
  for at = 1, #records, LENGTH do
    local name, id = string.sub(records, at, at + 5), string.sub(records, at + 6, at + 13)
    local bits, client = tonumber(string.sub(records, at + 14, at + 16), 16), clients[name]
    local known, shard = client.bits[id], shard_of(name)
    if known and bit.bor(known, bits) ~= known then
      count_one(client, name, id, bits, changes)
      shards[shard] = replace(shards[shard], name .. id, client.bits[id])
      changed[shard] = true
    elseif not known and (size >= c.bucket_ids or client.size >= c.client_ids) then
      beyond = beyond + 1
    elseif not known then
      count_one(client, name, id, bits, changes)
      shards[shard] = shards[shard] .. string.sub(records, at, at + 16)
      changed[shard] = true
      size, counted = size + 1, counted + 1
    end
  end
  local new = {'size', size}
  for shard in pairs(changed) do
    new[#new + 1] = shard
    new[#new + 1] = shards[shard]
  end
  if #new > 2 then
    write_counts(counts_key, start, changes)
    redis.call('HSET', ids_key, unpack(new))
    redis.call('EXPIRE', ids_key, c.ids_expire)
  end
end

local at, key = 2, 2
for _ = 1, c.groups do
  count(KEYS[key], KEYS[key + 1], tonumber(ARGV[at]), ARGV[at + 1])
  at, key = at + 2, key + 2
end

if c.entries > 0 then
  local lag = c.oldest_ms > 0 and now_ms - c.oldest_ms or 0
  redis.call('HINCRBY', KEYS[1], 'batches', 1)
  redis.call('HINCRBY', KEYS[1], 'late', late)
  redis.call('HINCRBY', KEYS[1], 'broken', c.broken + ahead)
  redis.call('HINCRBY', KEYS[1], 'beyond', beyond)
  redis.call('HSET', KEYS[1], 'at_ms', string.format('%.0f', now_ms))
  if counted > 0 then redis.call('HSET', KEYS[1], 'lag_ms', string.format('%.0f', lag)) end
end

local closed = now - c.settling
closed = closed - closed % 10
local readings = {}
for _, ask in ipairs(c.asks) do
  local found, from = {}, ask.since
  while from < math.min(ask['until'], closed) do
    local fields, hour_end = {}, from - from % 3600 + 3600
    local stop = math.min(hour_end, ask['until'], closed)
    for start = from, stop - 10, 10 do
      for _, stream in ipairs(ask.streams) do fields[#fields + 1] = start .. ':' .. stream end
    end
    for first = 1, #fields, 4000 do
      local last = math.min(first + 3999, #fields)
      local values = redis.call('HMGET', KEYS[key], unpack(fields, first, last))
      for i = 1, last - first + 1 do
        if values[i] then found[#found + 1] = fields[first + i - 1] .. ' ' .. values[i] end
      end
    end
    key, from = key + 1, hour_end
  end
  -- Hours that are not over yet have keys too.
  while from < ask['until'] do key, from = key + 1, from - from % 3600 + 3600 end
  readings[#readings + 1] = table.concat(found, ';')
end
local drain = redis.call('HMGET', KEYS[1], 'at_ms', 'lag_ms', 'late', 'broken', 'beyond', 'batches')
for i = 1, 6 do drain[i] = tonumber(drain[i] or 0) end
return {now_ms, closed, counted, late, ahead, beyond, drain, readings}
"""
