"""The app's database comes forward, told in a sentence.

Loads the engine. Import it where it is used, never at the top of a module that every function
loads.
"""

from datetime import timedelta
from uuid import UUID

from lib.schema import journal
from lib.schema.executor import Executor
from lib.schema.journal import Standing
from lib.schema.outcome import Outcome, State
from lib.schema.session import connect

#: Rows that contradict are named up to here; the engine finds more of them.
NAMED_ROWS, NAME_LENGTH = 10, 80
SENTENCE_LENGTH = 600


async def open_runs(url: str) -> Standing:
    """What is rolled back. Raises Again while the database is away, or Refused."""
    async with connect(url) as session:
        return await journal.standing(session.connection)


async def bring_forward(url: str, run_id: UUID, budget: timedelta) -> Outcome:
    """Undo the run, or say why not; whoever comes second waits, and finds it done."""
    return await Executor(url, budget).forward(run_id)


def told(outcome: Outcome) -> str:
    """Why it is not forward, with the rows that are in the way."""
    sentence = outcome.sentence[:SENTENCE_LENGTH].rstrip(".")
    if outcome.state is not State.REFUSED:
        return f"{sentence}."
    rows = [row[:NAME_LENGTH] for row in outcome.rows[:NAMED_ROWS]]
    more = " and more" if len(outcome.rows) > NAMED_ROWS else ""
    listed = f": {'; '.join(rows)}{more}" if rows else ""
    return f"The database cannot come forward: {sentence}{listed}."
