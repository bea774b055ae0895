"""However many press at once: one rollback, and everybody else learns who was first."""

import asyncio

import httpx

from tests.story.holding import Obstacle
from tests.story.world import World
from tests.waiting import PATIENCE_SECONDS

MANY = 50


async def test_of_fifty_triggers_one_starts_and_the_others_learn_who_was_first(world, v1):
    # Held, so that it cannot be over before the last of them is read.
    obstacle = Obstacle(world, "switch", "slow")
    answers = await press_at_once(world)
    obstacle.let_go()

    (accepted,) = [answer for answer in answers if answer.status_code == 202]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    rollback_id = accepted.json()["rollback_id"]
    status = world.follow(rollback_id)
    assert len(refused) == MANY - 1
    assert {each["rollback_id"] for each in refused} == {rollback_id}
    assert {each["requested_by"] for each in refused} == {"Olga Operator"}
    assert {each["requested_at"] for each in refused} == {status["requested_at"]}
    assert all("Olga Operator" in each["detail"] for each in refused)
    assert status["status"] == "completed", status
    assert world.moves() == [v1]


async def test_fifty_triggers_with_one_key_are_one_rollback(world, v1):
    answers = await press_at_once(world, {"idempotency-key": "pressed-twice"})

    assert {answer.status_code for answer in answers} == {202}
    (rollback_id,) = {answer.json()["rollback_id"] for answer in answers}
    assert world.follow(rollback_id)["status"] == "completed"
    assert world.moves() == [v1]
    assert len(world.rows("SELECT id FROM rollbacks")) == 1


async def press_at_once(world: World, headers: dict[str, str] | None = None):
    body = {"deployment_id": "last-stable", "reason": "Down", "environment": "production"}
    async with httpx.AsyncClient(
        base_url=world.api.base_url,
        headers={**world.api.headers, **(headers or {})},
        timeout=PATIENCE_SECONDS,
        limits=httpx.Limits(max_connections=None),
    ) as client:
        presses = [client.post("/api/rollback/trigger", json=body) for _ in range(MANY)]
        return await asyncio.gather(*presses)
