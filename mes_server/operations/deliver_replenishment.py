"""What was picked arrives: the reservation ends and the stock moves, in one transaction."""

from mes_server.domain.lots import check_usable
from mes_server.domain.replenishment import SignalState, Step, next_state
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import ledger, replenishment, stock_effects
from mes_server.storage.database import Pool


async def deliver_replenishment(pool: Pool, call: Call, *, number: int) -> Answer:
    """Move the picked lots from where they lie to the line side; waiting consumption then books itself. Answers the SignalCard.

    Raises NotFound, WrongStep, or LotOnHold and LotExpired when a picked lot may no longer be used.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        signal = await locked_signal(connection, number)
        state = next_state(number=number, state=SignalState(signal.state), step=Step.DELIVER)
        picks = await replenishment.picks(connection, number)
        today = await stock_effects.plant_date(connection, now=transaction.now)
        for pick in picks:
            check_usable(pick.decided, today=today)
        await replenishment.set_state(
            connection,
            number,
            state=state,
            at=transaction.now,
            person_id=transaction.person_id,
            delivered=sum((pick.quantity for pick in picks), start=signal.quantity * 0),
        )
        await ledger.book(
            connection,
            [
                ledger.NewMovement(
                    kind="transfer",
                    item_id=pick.item_id,
                    lot_id=pick.lot_id,
                    from_id=pick.location_id,
                    to_id=signal.location_id,
                    quantity=pick.quantity,
                    at=transaction.now,
                )
                for pick in picks
            ],
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
            reservations={pick.key: -pick.quantity for pick in picks},
        )
        ends = {(signal.item_id, signal.source_id), (signal.item_id, signal.location_id)}
        places = frozenset({*ends, *(pick.place for pick in picks)})
        return await signal_outcome(transaction, signal, places=places)

    given = {"number": number}
    return await run_command(pool, call, kind="deliver-replenishment", given=given, work=work)
