"""Which switches were on in requests that failed: as the app's own log lines say. Counted in Redis.

Only failed requests that named a switch are written, each once, beside the counts of their bucket;
how many failed in all, the counts know.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lib.health.evidence import BUCKET_SECONDS
from lib.redis import RedisClient
from lib.traffic.counts import BUCKET_IDS, IDS_EXPIRE_SECONDS
from lib.traffic.tally import Group, Tally, short

#: Several entries of a request may each name some.
NOTE = """
for at = 1, #KEYS do
  local size = redis.call('HLEN', KEYS[at])
  for id, flags in pairs(cjson.decode(ARGV[at + 2])) do
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
"""

READ = """
local found = {}
for at = 1, #KEYS do
  for _, flags in ipairs(redis.call('HVALS', KEYS[at])) do found[#found + 1] = flags end
end
return table.concat(found, ';')
"""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Raises RedisUnavailable, whatever it is asked."""

    redis: RedisClient

    async def note(self, tally: Tally) -> None:
        """Safe to repeat, as counting is. A batch without such requests costs nothing."""
        found = tally.suspects()
        if found:
            texts = [
                json.dumps({short(id_): ",".join(flags) for id_, flags in requests.items()})
                for requests in found.values()
            ]
            keys = [suspects_key(group) for group in found]
            limits = (BUCKET_IDS, IDS_EXPIRE_SECONDS)
            await self.redis.run("EVAL", NOTE, len(keys), *keys, *limits, *texts)

    async def read(self, deployment_id: str, since: int, until: int) -> Mapping[str, int]:
        """How many failed requests had each switch on. `since`, `until`: starts of buckets."""
        starts = range(since, until, BUCKET_SECONDS)
        keys = [suspects_key(Group(deployment_id, start)) for start in starts]
        if not keys:
            return {}
        answer: str = await self.redis.run("EVAL", READ, len(keys), *keys)
        requests = filter(None, answer.split(";"))
        return Counter(flag for request in requests for flag in request.split(","))


def suspects_key(group: Group) -> str:
    return f"traffic:suspects:{group.deployment_id}:{group.start}"
