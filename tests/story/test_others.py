"""What somebody does in the platform's own dashboard: known within a minute, and left alone."""

import time

import httpx

from tests.story.world import World
from tests.waiting import PATIENCE_SECONDS, wait_until

RESOLVED = (
    "SELECT kind FROM alerts WHERE kind = 'rolled_back_elsewhere' AND resolved_at IS NOT NULL"
)


def as_a_person(world: World, what: str, deployment: str) -> None:
    """Grace presses a button there."""
    answer = httpx.post(
        f"{world.stack['vercel_api']}/v1/projects/prj_wedsync/{what}/{deployment}",
        params={"teamId": "team_wedsync", "_by": "grace"},
        headers={"authorization": f"Bearer {world.stack['vercel_token']}"},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    assert answer.is_success, answer.text


def live(world: World) -> tuple[str, str, str]:
    (shown,) = [one for one in world.overview()["history"] if one["is_live"]]
    return shown["deployment_id"], shown["how"], shown["by"]


def test_a_rollback_and_a_promotion_made_elsewhere_are_known_with_who(world, v1, tell):
    v2 = world.live()
    began = time.monotonic()

    as_a_person(world, "rollback", v1)
    known = (v1, "rolled_back_elsewhere", "usr_grace")
    wait_until(lambda: live(world) == known, what="news of the rollback")
    tell(f"Somebody else's rollback was known after {time.monotonic() - began:.1f} s.")

    as_a_person(world, "promote", v2)
    wait_until(lambda: live(world) == (v2, "promote", "usr_grace"), what="news of the promotion")
    wait_until(lambda: world.rows(RESOLVED), what="the end of the alert")

    assert world.rows("SELECT id FROM rollbacks") == []
    assert len(world.rows(RESOLVED)) == 1
