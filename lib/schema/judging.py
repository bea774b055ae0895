"""Who judges the migrations that a release brings: the one place that says so."""

from lib.schema.refusals import judge_texts
from lib.schema.texts import Judge

#: When a release is recorded, and by the commands that a team's CI runs before it deploys.
judge: Judge = judge_texts
