"""Which switches were on in requests: as the app's own log lines say. Counted in Redis.

Failed requests that named a switch are written each once, beside the counts of their bucket; how
many there were in all, the counts know. Of good ones only how many: a batch that comes twice counts
them twice, and its switches look less guilty.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import batched

from lib.health.evidence import BUCKET_SECONDS
from lib.redis import RedisClient
from lib.traffic.counts import BUCKET_IDS, IDS_EXPIRE_SECONDS
from lib.traffic.tally import Group, Tally, short

#: Of one bucket, of good requests: an app has fewer switches.
MOST_NAMES = 500

#: Several entries of a request may each name some.
NOTE = """
local failed = tonumber(ARGV[4])
for at = 1, failed do
  local size = redis.call('HLEN', KEYS[at])
  for id, flags in pairs(cjson.decode(ARGV[at + 4])) do
    local known = redis.call('HGET', KEYS[at], id)
    if known then
      for flag in string.gmatch(flags, '[^,]+') do
        if not string.find(',' .. known .. ',', ',' .. flag .. ',', 1, true) then
          known = known .. ',' .. flag
        end
      end
      redis.call('HSET', KEYS[at], id, known)
    elseif size < tonumber(ARGV[1]) then
      redis.call('HSET', KEYS[at], id, flags)
      size = size + 1
    end
  end
  redis.call('EXPIRE', KEYS[at], ARGV[2])
end
for at = failed + 1, #KEYS do
  local size = redis.call('HLEN', KEYS[at])
  for flag, count in pairs(cjson.decode(ARGV[at + 4])) do
    local is_known = redis.call('HEXISTS', KEYS[at], flag) == 1
    if is_known or size < tonumber(ARGV[3]) then
      redis.call('HINCRBY', KEYS[at], flag, count)
      size = is_known and size or size + 1
    end
  end
  redis.call('EXPIRE', KEYS[at], ARGV[2])
end
"""

#: First the keys of failed requests, then as many of good ones.
READ = """
local failed, spared = {}, {}
for at = 1, #KEYS / 2 do
  for _, flags in ipairs(redis.call('HVALS', KEYS[at])) do failed[#failed + 1] = flags end
end
for at = #KEYS / 2 + 1, #KEYS do
  for _, text in ipairs(redis.call('HGETALL', KEYS[at])) do spared[#spared + 1] = text end
end
return {table.concat(failed, ';'), table.concat(spared, ' ')}
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """How many requests had each switch on, of those that failed, and of good ones."""

    failed: Mapping[str, int]
    spared: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Suspects:
    """Raises RedisUnavailable, whatever it is asked."""

    redis: RedisClient

    async def note(self, tally: Tally) -> None:
        """Safe to repeat, as counting is. A batch without such requests costs nothing."""
        failed, spared = tally.suspects(), tally.spared()
        if not failed and not spared:
            return
        keys = [*(suspects_key(group) for group in failed), *(spared_key(one) for one in spared)]
        texts = [
            json.dumps({short(id_): ",".join(flags) for id_, flags in requests.items()})
            for requests in failed.values()
        ]
        texts += [json.dumps(counts) for counts in spared.values()]
        limits = (BUCKET_IDS, IDS_EXPIRE_SECONDS, MOST_NAMES, len(failed))
        await self.redis.run("EVAL", NOTE, len(keys), *keys, *limits, *texts)

    async def read(self, deployment_id: str, since: int, until: int) -> Noted:
        """`since`, `until`: starts of buckets."""
        groups = [Group(deployment_id, start) for start in range(since, until, BUCKET_SECONDS)]
        if not groups:
            return Noted({}, {})
        keys = [key_of(group) for key_of in (suspects_key, spared_key) for group in groups]
        failed, spared = await self.redis.run("EVAL", READ, len(keys), *keys)
        requests = filter(None, failed.split(";"))
        counts: Counter[str] = Counter()
        for flag, count in batched(spared.split(), 2):
            counts[flag] += int(count)
        return Noted(Counter(flag for one in requests for flag in one.split(",")), counts)


def suspects_key(group: Group) -> str:
    return f"traffic:suspects:{group.deployment_id}:{group.start}"


def spared_key(group: Group) -> str:
    return f"traffic:spared:{group.deployment_id}:{group.start}"
