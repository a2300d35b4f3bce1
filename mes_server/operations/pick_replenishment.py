"""The warehouse takes lots for a signal: they are reserved at the source until they are delivered."""

from collections.abc import Mapping
from decimal import Decimal

from mes_server.domain.replenishment import SignalState, Step, choose_picks, next_state
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import ledger, lots, replenishment, stock_effects
from mes_server.storage.database import Pool


async def pick_replenishment(
    pool: Pool, call: Call, *, number: int, picks: Mapping[str, Decimal]
) -> Answer:
    """Reserve `picks` (lot -> quantity; empty: first expired first out). Answers the SignalCard.

    Raises NotFound, WrongStep, NothingToPick, NotEnoughFree, LotOnHold, LotExpired, or StockTooLow when somebody else
    was faster.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        signal = await locked_signal(connection, number)
        state = next_state(number=number, state=SignalState(signal.state), step=Step.PICK)
        here = await lots.lots_at(connection, item_id=signal.item_id, location_id=signal.source_id)
        chosen = choose_picks(
            item=signal.item,
            source=signal.source_name,
            quantity=signal.quantity,
            lots=[lot.decided for lot in here],
            asked=picks,
            today=await stock_effects.plant_date(connection, now=transaction.now),
        )
        taken = {lot.id: chosen[lot.lot] for lot in here if lot.lot in chosen}
        await replenishment.set_state(
            connection, number, state=state, at=transaction.now, person_id=transaction.person_id
        )
        await replenishment.add_picks(connection, number, taken)
        await ledger.reserve(
            connection,
            {
                (signal.item_id, signal.source_id, lot_id): quantity
                for lot_id, quantity in taken.items()
            },
        )
        places = frozenset({(signal.item_id, signal.source_id)})
        return await signal_outcome(transaction, signal, places=places)

    given = {"number": number, "picks": dict(picks)}
    return await run_command(pool, call, kind="pick-replenishment", given=given, work=work)
