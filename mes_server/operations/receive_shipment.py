"""What was sent arrives, or is turned back to where it came from."""

from decimal import Decimal

from mes_server.domain.refusal import NotFound
from mes_server.domain.shipment import SHIPMENT, arriving
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.shipment_answer import shipment_words
from mes_server.storage import ledger, shipments
from mes_server.storage.database import Pool


async def receive_shipment(
    pool: Pool,
    call: Call,
    *,
    shipment: int,
    quantity: Decimal | None,
    turn_back: bool,
    reason: str,
) -> Answer:
    """Book the second step for `quantity` (None: all that is open). Answers a Shipment; raises NotFound or LessOnItsWay."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        found = await shipments.lock(connection, shipment)
        if found is None:
            raise NotFound(what=SHIPMENT, name=str(shipment))
        arrived = arriving(id_=shipment, open_=found.open, quantity=quantity)
        to_id = found.from_id if turn_back else found.to_id
        movement = ledger.NewMovement(
            kind="transfer",
            item_id=found.item_id,
            lot_id=found.lot_id,
            from_id=found.transit_id,
            to_id=to_id,
            quantity=arrived,
            at=transaction.now,
            reason=reason or f"shipment {shipment}",
        )
        await ledger.book(
            connection,
            [movement],
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
            reservations={(found.item_id, found.transit_id, found.lot_id): -arrived},
        )
        nothing = Decimal(0)
        await shipments.advance(
            connection,
            shipment,
            received=nothing if turn_back else arrived,
            turned_back=arrived if turn_back else nothing,
            at=transaction.now,
        )
        [row] = await shipments.find(connection, id_=shipment, limit=1)
        places = frozenset({(found.item_id, found.transit_id), (found.item_id, to_id)})
        return Outcome(answer=shipment_words(row), places=places)

    given = {
        "shipment": shipment,
        "quantity": quantity,
        "turn_back": turn_back,
        "reason": reason,
    }
    return await run_command(pool, call, kind="receive-shipment", given=given, work=work)
