"""Quality holds a lot, or releases it: held lots are neither picked nor mounted nor backflushed."""

from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import lot_of
from mes_server.storage import lots
from mes_server.storage.database import Pool


async def hold_lot(
    pool: Pool, call: Call, *, item: str, lot: str, held: bool, reason: str
) -> Answer:
    """Hold (`held`) or release the lot everywhere. Answers `{item, lot, status}`; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await lot_of(connection, item=item, lot=lot)
        await lots.set_held(connection, row.id, held=held)
        places = await lots.places_of(connection, row.id)
        return Outcome(
            answer={"item": item, "lot": lot, "status": "held" if held else "available"},
            places=frozenset((row.item_id, place) for place in places),
        )

    kind = "hold-lot" if held else "release-lot"
    given = {"item": item, "lot": lot, "reason": reason}
    return await run_command(pool, call, kind=kind, given=given, work=work)
