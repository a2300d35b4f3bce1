"""What is to be counted: a place with all below, of a class or an item, and due by its frequency."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.cycle_count import NothingToCount
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.count_answer import list_answer
from mes_server.operations.named import account_of
from mes_server.storage import cycle_counts
from mes_server.storage.database import Pool

LINES_MAX = 1000
"""Lines of one list; who wants more makes another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the list is about."""

    location: str
    abc_class: str | None
    item: str | None
    due_only: bool
    lines: int
    note: str


async def make_count_list(pool: Pool, call: Call, scope: Scope) -> Answer:
    """Make a list. Answers a CountList; raises NotFound or NothingToCount."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        place = await account_of(connection, scope.location)
        list_id, lines = await cycle_counts.make_list(
            connection,
            location_id=place.id,
            location=place.code,
            abc_class=scope.abc_class,
            item=scope.item,
            due_only=scope.due_only,
            note=scope.note,
            limit=min(scope.lines, LINES_MAX),
            at=transaction.now,
            person_id=transaction.person_id,
        )
        if not lines:
            raise NothingToCount()
        return Outcome(answer=await list_answer(connection, list_id))

    return await run_command(pool, call, kind="make-count-list", given=asdict(scope), work=work)


async def set_count_rule(
    pool: Pool, call: Call, *, abc_class: str, tolerance_percent: Decimal, every_days: int
) -> Answer:
    """Set tolerance and frequency of a class. Answers them."""

    async def work(transaction: Transaction) -> Outcome:
        await cycle_counts.set_rule(
            transaction.connection,
            abc_class=abc_class,
            tolerance_percent=tolerance_percent,
            every_days=every_days,
        )
        answer = {
            "abc_class": abc_class,
            "tolerance_percent": str(tolerance_percent),
            "every_days": every_days,
        }
        return Outcome(answer=answer)

    given = {
        "abc_class": abc_class,
        "tolerance_percent": tolerance_percent,
        "every_days": every_days,
    }
    return await run_command(pool, call, kind="set-count-rule", given=given, work=work)
