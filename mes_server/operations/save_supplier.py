"""A supplier is made, renamed, or given no more orders."""

from collections.abc import Mapping

from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import suppliers
from mes_server.storage.database import Pool


async def save_supplier(
    pool: Pool, call: Call, *, code: str, name: Mapping[str, str], active: bool
) -> Answer:
    """Save the supplier. Answers {code, name, active}."""

    async def work(transaction: Transaction) -> Outcome:
        await suppliers.save_supplier(transaction.connection, code=code, name=name, active=active)
        return Outcome(answer={"code": code, "name": dict(name), "active": active})

    given = {"code": code, "name": dict(name), "active": active}
    return await run_command(pool, call, kind="save-supplier", given=given, work=work)
