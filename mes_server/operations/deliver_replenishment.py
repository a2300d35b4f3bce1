"""What was picked arrives: the reservation ends and the stock moves, in one transaction."""

from collections.abc import Collection

from mes_server.domain.lots import check_usable
from mes_server.domain.replenishment import SignalState, Step, next_state
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import ledger, lots, replenishment, stock_effects
from mes_server.storage.database import Pool


async def deliver_replenishment(pool: Pool, call: Call, *, number: int) -> Answer:
    """Move the picked lots to the line side; waiting consumption then books itself. Answers the SignalCard.

    Raises NotFound, WrongStep, or LotOnHold and LotExpired when a picked lot may no longer be used.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        signal = await locked_signal(connection, number)
        state = next_state(number=number, state=SignalState(signal.state), step=Step.DELIVER)
        picks = await replenishment.picks(connection, number)
        await _check_usable(transaction, signal, picks=picks.keys())
        await replenishment.set_state(
            connection,
            number,
            state=state,
            at=transaction.now,
            person_id=transaction.person_id,
            delivered=sum(picks.values(), start=signal.quantity * 0),
        )
        await ledger.book(
            connection,
            [
                ledger.NewMovement(
                    kind="transfer",
                    item_id=signal.item_id,
                    lot_id=lot_id,
                    from_id=signal.source_id,
                    to_id=signal.location_id,
                    quantity=quantity,
                    at=transaction.now,
                )
                for lot_id, quantity in picks.items()
            ],
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
            reservations={
                (signal.item_id, signal.source_id, lot_id): -quantity
                for lot_id, quantity in picks.items()
            },
        )
        places = frozenset(
            {(signal.item_id, signal.source_id), (signal.item_id, signal.location_id)}
        )
        return await signal_outcome(transaction, signal, places=places)

    given = {"number": number}
    return await run_command(pool, call, kind="deliver-replenishment", given=given, work=work)


async def _check_usable(
    transaction: Transaction, signal: replenishment.SignalRow, *, picks: Collection[int]
) -> None:
    today = await stock_effects.plant_date(transaction.connection, now=transaction.now)
    for lot in await lots.lots_at(
        transaction.connection, item_id=signal.item_id, location_id=signal.source_id
    ):
        if lot.id in picks:
            check_usable(lot.decided, today=today)
