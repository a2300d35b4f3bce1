"""A signal is called off; what was picked for it is free again."""

from mes_server.domain.replenishment import SignalState, Step, next_state
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import ledger, replenishment
from mes_server.storage.database import Pool


async def cancel_replenishment(pool: Pool, call: Call, *, number: int, reason: str) -> Answer:
    """Cancel the signal; the place calls again with its next consumption. Answers the SignalCard.

    Raises NotFound or WrongStep.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        signal = await locked_signal(connection, number)
        before = SignalState(signal.state)
        state = next_state(number=number, state=before, step=Step.CANCEL)
        await replenishment.set_state(
            connection, number, state=state, at=transaction.now, person_id=transaction.person_id
        )
        places: frozenset[tuple[int, int]] = frozenset()
        if before is SignalState.PICKED:
            picks = await replenishment.picks(connection, number)
            places = frozenset(
                {(signal.item_id, signal.source_id), *(pick.place for pick in picks)}
            )
            await ledger.reserve(connection, {pick.key: -pick.quantity for pick in picks})
        return await signal_outcome(transaction, signal, places=places)

    given = {"number": number, "reason": reason}
    return await run_command(pool, call, kind="cancel-replenishment", given=given, work=work)
