"""A container goes to another place with all that is in it, in one transaction."""

from mes_server.domain.lots import check_usable
from mes_server.domain.stock import SamePlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.container_answer import container_answer
from mes_server.operations.named import lot_of, place_of
from mes_server.operations.pack_container import locked_container
from mes_server.storage import containers, ledger, stock_effects
from mes_server.storage.database import Pool


async def move_container(
    pool: Pool, call: Call, *, code: str, to_location: str, reason: str
) -> Answer:
    """Book one transfer a lot. Answers a Container.

    Raises NotFound, NotARealPlace, PlaceClosed, SamePlace, StockTooLow when something in it is reserved, or LotOnHold
    and LotExpired when it would come to a line side.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        box = await locked_container(connection, code)
        target = await place_of(connection, to_location)
        if target.id == box.location_id:
            raise SamePlace(place=target.name)
        items = {one.item_id for one in await containers.contents(connection, box.id)}
        places = {(item, place) for item in items for place in (box.location_id, target.id)}
        await ledger.lock(connection, places)
        inside = await containers.contents(connection, box.id)
        if target.kind == "line_side":
            today = await stock_effects.plant_date(connection, now=transaction.now)
            for one in inside:
                found = await lot_of(connection, item=one.item, lot=one.lot)
                check_usable(found.decided, today=today)
        await ledger.settle_containers(
            connection, [(one.item_id, box.location_id, one.lot_id) for one in inside]
        )
        await containers.set_place(connection, box.id, location_id=target.id, at=transaction.now)
        await ledger.book(
            connection,
            [
                ledger.NewMovement(
                    kind="transfer",
                    item_id=one.item_id,
                    lot_id=one.lot_id,
                    from_id=box.location_id,
                    to_id=target.id,
                    quantity=one.quantity,
                    at=transaction.now,
                    reason=reason or f"container {code}",
                )
                for one in inside
            ],
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
            settled=True,
        )
        answer = await container_answer(connection, code)
        return Outcome(answer=answer, places=frozenset(places))

    given = {"container": code, "to_location": to_location, "reason": reason}
    return await run_command(pool, call, kind="move-container", given=given, work=work)
