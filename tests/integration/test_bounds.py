"""However much there is, an answer holds a page of it."""

from lib.access.models import Caller, Role
from lib.alerts import raise_alert
from lib.audit.models import Question
from lib.audit.paging import PAGE_SIZE
from lib.audit.store import write_audit
from lib.deployments.listing import LIMIT
from lib.deployments.models import DeploymentRecord
from lib.rollback.models import Environment

PRODUCTION = Environment.PRODUCTION
ADA = Caller(name="Ada", role=Role.VIEWER)
MANY = PAGE_SIZE + 10


async def test_lists_that_are_answered_are_bounded(services):
    for number in range(MANY):
        await services.deployments.record(
            DeploymentRecord(
                environment=PRODUCTION,
                git_sha=f"{number:040x}",
                vercel_deployment_id=f"dpl_many{number}",
            ),
            recorded_by="ci",
        )
    async with services.database.transaction() as connection:
        for number in range(MANY):
            await write_audit(connection, actor="Ada", action="test", result="ok")
            await raise_alert(
                connection,
                environment=PRODUCTION,
                kind="test",
                sentence="Look.",
                once=f"test:{number}",
            )

    page = await services.audit.page(Question(), ADA)
    overview = await services.overview.build(PRODUCTION, ADA)
    assert len(page.entries) == PAGE_SIZE
    assert len(await services.listing.all(PRODUCTION)) == LIMIT
    assert max(len(overview.history), len(overview.alerts), len(overview.quarantined)) <= LIMIT


async def test_pages_follow_each_other_to_the_end(services):
    async with services.database.transaction() as connection:
        for number in range(3 * PAGE_SIZE):
            await write_audit(
                connection, actor="Ada", action="test", subject=str(number), result="ok"
            )

    seen, before = [], None
    while True:
        page = await services.audit.page(Question(action="test", before=before), ADA)
        seen += [int(entry.subject) for entry in page.entries]
        if (before := page.older) is None:
            break

    assert seen == [*reversed(range(3 * PAGE_SIZE))]
