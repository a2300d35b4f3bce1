"""A lot is taken off a unit; what is left of it stays at the line side."""

from mes_server.domain.lots import LotNotMounted
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import lot_of, unit_of
from mes_server.storage import lots
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched


async def unmount_lot(pool: Pool, call: Call, *, unit: str, item: str, lot: str) -> Answer:
    """Take the lot off. Answers `{item, lot}`; raises NotFound or LotNotMounted."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        place = await unit_of(connection, unit)
        row = await lot_of(connection, item=item, lot=lot)
        if not await lots.unmount(
            connection, equipment_id=place.id, lot_id=row.id, at=transaction.now
        ):
            raise LotNotMounted(lot=lot, item=item)
        stock = (
            frozenset({(row.item_id, place.line_side_id)})
            if place.line_side_id is not None
            else frozenset[tuple[int, int]]()
        )
        return Outcome(
            answer={"item": item, "lot": lot},
            touched=Touched(units=frozenset({place.id}), stock=stock),
            places=stock,  # what is left serves whoever waits there
        )

    given = {"unit": unit, "item": item, "lot": lot}
    return await run_command(pool, call, kind="unmount-lot", given=given, work=work, streamed=True)
