"""The warehouse takes lots for a signal: they are reserved where they lie until they are delivered."""

from collections.abc import Sequence

from mes_server.domain.replenishment import (
    AskedPick,
    SignalState,
    Step,
    choose_picks,
    next_state,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import ledger, lots, replenishment, stock_effects
from mes_server.storage.database import Pool


async def pick_replenishment(
    pool: Pool, call: Call, *, number: int, picks: Sequence[AskedPick]
) -> Answer:
    """Reserve `picks` at the source and in the stores and bins inside it (none: first expired first out over all of them).
    Answers the SignalCard.

    Raises NotFound, WrongStep, NothingToPick, NotEnoughFree, LotNotHere, LotOnHold, LotExpired, or StockTooLow when
    somebody else was faster.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        codes = {pick.lot for pick in picks}
        inside = await replenishment.drawn_from(connection, number, lots=codes)
        signal = await locked_signal(connection, number, draws_from=inside)
        state = next_state(number=number, state=SignalState(signal.state), step=Step.PICK)
        here = await lots.lots_in(
            connection,
            item_id=signal.item_id,
            places={place for _, place in inside},
            lots=codes,
        )
        chosen = choose_picks(
            item=signal.item,
            source=signal.source_name,
            quantity=signal.quantity,
            lots=[row.decided for row in here],
            asked=picks,
            today=await stock_effects.plant_date(connection, now=transaction.now),
        )
        taken = {
            (row.location_id, row.id): chosen[row.location, row.lot]
            for row in here
            if (row.location, row.lot) in chosen
        }
        await replenishment.set_state(
            connection, number, state=state, at=transaction.now, person_id=transaction.person_id
        )
        await replenishment.add_picks(connection, number, taken)
        await ledger.reserve(
            connection,
            {(signal.item_id, place, lot): quantity for (place, lot), quantity in taken.items()},
        )
        places = frozenset(
            {(signal.item_id, signal.source_id)} | {(signal.item_id, place) for place, _ in taken}
        )
        return await signal_outcome(transaction, signal, places=places)

    return await run_command(
        pool, call, kind="pick-replenishment", given=_given(number, picks), work=work
    )


def _given(number: int, picks: Sequence[AskedPick]) -> Answer:
    """What the key stands for: what is asked for wherever it lies is spelled as it always was."""
    anywhere = {pick.lot: pick.quantity for pick in picks if pick.place is None}
    named = [[pick.lot, pick.place, pick.quantity] for pick in picks if pick.place is not None]
    return {"number": number, "picks": anywhere} | ({"places": named} if named else {})
