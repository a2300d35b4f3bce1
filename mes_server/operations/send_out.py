"""Pieces, and material for them, leave for the supplier that does an operation; the first ones start it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.bill_of_material import requirement
from mes_server.domain.order_state import OrderState, Verb, after
from mes_server.domain.outside import DoneHere, NotEnoughToProvide, check_send
from mes_server.domain.units import booked
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit, place_of
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import ledger, outside, reservations, stock_effects, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.lots import LocationRow
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOut:
    """How many pieces leave, and where the components for them are taken."""

    quantity: Decimal
    from_location: str | None
    """None: the supplier has the components, or needs none."""
    note: str


async def send_out(
    pool: Pool, call: Call, *, number: str, operation: int | None, sending: SendOut
) -> Answer:
    """Book what leaves. Answers the OrderCard.

    Raises NotFound, DoneHere, WrongState, NotSoManyToSend, NotARealPlace or NotEnoughToProvide.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_on_unit(connection, number=number, operation=operation)
        if not row.outsourced:
            raise DoneHere(number=number, operation=row.operation)
        await _begin(transaction, row)
        check_send(
            number, quantity=sending.quantity, sent=row.sent_out, upstream_good=row.upstream_good
        )
        places: frozenset[Place] = frozenset()
        if sending.from_location is not None:
            origin = await place_of(connection, sending.from_location)
            places = await _provide(transaction, row, origin, quantity=sending.quantity)
        await outside.add(
            connection,
            operation_id=row.id,
            sent=sending.quantity,
            note=sending.note,
            at=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        outcome = await order_outcome(
            transaction,
            operation_id=row.id,
            equipment_id=row.equipment_id,
            touched=Touched(operations=row.shown),
        )
        return Outcome(answer=outcome.answer, touched=outcome.touched, places=places)

    given = {"number": number, "operation": operation, **asdict(sending)}
    return await run_command(pool, call, kind="send-out", given=given, work=work)


async def _begin(transaction: Transaction, row: OperationRow) -> None:
    """The first pieces start the operation; raises WrongState when it may not run."""
    state = OrderState(row.state)
    if state is OrderState.RUNNING:
        return
    verb = Verb.RESUME if state in (OrderState.HELD, OrderState.SUSPENDED) else Verb.START
    await work_orders.set_state(
        transaction.connection,
        operation_id=row.id,
        state=after(verb, state=state, number=row.number),
        at=transaction.now,
    )


async def _provide(
    transaction: Transaction, row: OperationRow, origin: LocationRow, *, quantity: Decimal
) -> frozenset[Place]:
    """Move the components for so many pieces to the supplier's place; where stock changed."""
    connection = transaction.connection
    today = await stock_effects.plant_date(connection, now=transaction.now)
    needs = [
        one for one in await outside.provided(connection, row.id) if one.location_id != origin.id
    ]
    places = frozenset(
        (one.item_id, place) for one in needs for place in (origin.id, one.location_id)
    )
    await ledger.lock(connection, places)
    movements: list[ledger.NewMovement] = []
    for one in needs:
        wanted = left = booked(requirement(one.component, quantity))
        for lot, free in await outside.lots_to_take(
            connection,
            operation_id=row.id,
            item_id=one.item_id,
            location_id=origin.id,
            today=today,
        ):
            taken = min(free, left)
            left -= taken
            if taken > 0:
                movements.append(_movement(transaction, row, one, lot, taken, origin_id=origin.id))
        if left > 0:
            raise NotEnoughToProvide(
                item=one.item, place=origin.name, here=wanted - left, quantity=wanted
            )
    await _use_claims(transaction, row, movements)
    await ledger.book(
        connection,
        movements,
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return places


async def _use_claims(
    transaction: Transaction, row: OperationRow, movements: Sequence[ledger.NewMovement]
) -> None:
    """What the operation had reserved of it goes with it."""
    for movement in movements:
        await reservations.take(
            transaction.connection,
            operation_id=row.id,
            item_id=movement.item_id,
            location_id=movement.from_id,
            lot_id=movement.lot_id,
            quantity=movement.quantity,
            at=transaction.now,
        )


def _movement(
    transaction: Transaction,
    row: OperationRow,
    need: outside.ProvidedRow,
    lot: int,
    quantity: Decimal,
    *,
    origin_id: int,
) -> ledger.NewMovement:
    return ledger.NewMovement(
        kind="transfer",
        item_id=need.item_id,
        lot_id=lot,
        from_id=origin_id,
        to_id=need.location_id,
        quantity=quantity,
        at=transaction.now,
        operation_id=row.id,
        equipment_id=row.equipment_id,
    )
