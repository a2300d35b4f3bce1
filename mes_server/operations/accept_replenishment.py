"""The warehouse says: I am on it."""

from mes_server.domain.replenishment import SignalState, Step, next_state
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_signal
from mes_server.operations.signal_outcome import signal_outcome
from mes_server.storage import replenishment
from mes_server.storage.database import Pool


async def accept_replenishment(pool: Pool, call: Call, *, number: int) -> Answer:
    """Accept the signal. Answers its SignalCard; raises NotFound or WrongStep."""

    async def work(transaction: Transaction) -> Outcome:
        signal = await locked_signal(transaction.connection, number)
        state = next_state(number=number, state=SignalState(signal.state), step=Step.ACCEPT)
        await replenishment.set_state(
            transaction.connection,
            number,
            state=state,
            at=transaction.now,
            person_id=transaction.person_id,
        )
        return await signal_outcome(transaction, signal)

    given = {"number": number}
    return await run_command(pool, call, kind="accept-replenishment", given=given, work=work)
