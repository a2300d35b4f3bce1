"""Pieces that were received or made get their serial numbers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mes_server.domain.refusal import ORDER, NotFound
from mes_server.domain.serial import NotSerialised, check_numbers
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.storage import item_details, ledger, serials, work_orders
from mes_server.storage.database import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Which pieces; `number` and `operation` name the order that made them, if one did."""

    item: str
    lot: str
    location: str
    serials: Sequence[str]
    number: str | None
    operation: int | None


async def register_serials(pool: Pool, call: Call, numbers: Numbers) -> Answer:
    """Give pieces that lie at a place their numbers. Answers `{registered: count}`.

    Raises NotFound, NotARealPlace, NotSerialised, SerialTaken or MoreSerialsThanPieces.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, numbers.item)
        await check_serialised(connection, item.code)
        place = await place_of(connection, numbers.location)
        operation_id = None
        if numbers.number is not None:
            operation_id = await _operation(connection, numbers.number, numbers.operation)
        await ledger.lock(connection, {(item.id, place.id)})
        lot = await lot_of(connection, item=item.code, lot=numbers.lot, location_id=place.id)
        check_numbers(
            item=item.code,
            lot=lot.lot,
            place=place.name,
            serials=numbers.serials,
            known=await serials.known(connection, item_id=item.id, codes=numbers.serials),
            here=lot.quantity,
            numbered=await serials.numbered(
                connection, item_id=item.id, lot_id=lot.id, location_id=place.id
            ),
        )
        await serials.register(
            connection,
            item_id=item.id,
            lot_id=lot.id,
            location_id=place.id,
            operation_id=operation_id,
            codes=numbers.serials,
            at=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        return Outcome(answer={"registered": len(numbers.serials)})

    given = {name: value for name, value in asdict(numbers).items() if value is not None}
    return await run_command(pool, call, kind="register-serials", given=given, work=work)


async def check_serialised(connection: Connection, item: str) -> None:
    """Raises NotSerialised."""
    [details] = await item_details.find(connection, code=item, limit=1)
    if not details.serialised:
        raise NotSerialised(item=item)


async def _operation(connection: Connection, number: str, operation: int | None) -> int:
    """Id of the operation, of the order's first when none is named; raises NotFound."""
    if operation is not None:
        found = await work_orders.find_operation(connection, number=number, operation=operation)
    else:
        ids = await work_orders.find_operations(connection, number=number, limit=1)
        found = ids[0] if ids else None
    if found is None:
        raise NotFound(what=ORDER, name=number)
    return found
