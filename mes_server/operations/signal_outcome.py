"""What a step of a replenishment signal answers: its card as it is now."""

from mes_server.operations.command import Outcome, Transaction
from mes_server.storage import feed
from mes_server.storage.replenishment import SignalRow
from mes_server.storage.touched import Touched


async def signal_outcome(
    transaction: Transaction,
    signal: SignalRow,
    *,
    places: frozenset[tuple[int, int]] = frozenset(),
) -> Outcome:
    """The SignalCard, and that the signal and the stock at both ends of its loop and at `places` changed."""
    found = await feed.cards(
        transaction.connection, "signal", [(signal.id, 0)], now=transaction.now
    )
    return Outcome(
        answer=found[signal.id, 0],
        touched=Touched(
            signals=frozenset({signal.id}),
            stock=frozenset(
                {(signal.item_id, signal.location_id), (signal.item_id, signal.source_id)}
            )
            | places,
        ),
        places=places,
    )
