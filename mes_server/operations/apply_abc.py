"""Items get the classes A, B and C that the report finds for them."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from mes_server.domain.abc_shares import check_shares
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import abc_classes, stock_reports
from mes_server.storage.database import Pool

ITEMS_MAX = 1_000_000
"""Items of one plant."""


async def apply_abc(
    pool: Pool, call: Call, *, days: int, a_percent: Decimal, b_percent: Decimal
) -> Answer:
    """Classify by the consumption value of the last `days`. Answers {changed, a, b, c}; raises SharesCrossed."""

    async def work(transaction: Transaction) -> Outcome:
        check_shares(a_percent=a_percent, b_percent=b_percent)
        now = transaction.now
        rows = await stock_reports.report(
            transaction.connection,
            "abc",
            stock_reports.AbcRow,
            {
                "since": now - timedelta(days=days),
                "until": now,
                "a_percent": a_percent,
                "b_percent": b_percent,
            },
            offset=0,
            limit=ITEMS_MAX,
        )
        classes = {row.item: row.abc_class for row in rows}
        changed = await abc_classes.set_classes(transaction.connection, classes)
        found = Counter(classes.values())
        return Outcome(
            answer={"changed": changed, "a": found["A"], "b": found["B"], "c": found["C"]}
        )

    given = {"days": days, "a_percent": a_percent, "b_percent": b_percent}
    return await run_command(pool, call, kind="apply-abc", given=given, work=work)
