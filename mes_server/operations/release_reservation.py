"""A claim of an order is given up: the stock is free again, and what waits for it books itself."""

from decimal import Decimal

from mes_server.domain.refusal import NotFound
from mes_server.domain.reservation import RESERVATION, ReservationSmaller
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.reservation_answer import reservation_words
from mes_server.storage import ledger, reservations
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched


async def release_reservation(
    pool: Pool, call: Call, *, number: str, reservation: int, quantity: Decimal | None, reason: str
) -> Answer:
    """Release `quantity` (None: all that is left), in the stock unit. Answers the Reservation.

    Raises NotFound or ReservationSmaller.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        which = reservations.ReservationFilter(ids=[reservation], order=number, open=False)
        if not await reservations.find(connection, which, limit=1):
            raise NotFound(what=RESERVATION, name=str(reservation))
        claim = await reservations.place_of(connection, reservation)
        assert claim is not None
        await ledger.lock(connection, {(claim.item_id, claim.location_id)})
        claim = await reservations.place_of(connection, reservation)
        assert claim is not None
        freed = claim.remaining if quantity is None else quantity
        if freed > claim.remaining or freed <= 0:
            raise ReservationSmaller(remaining=claim.remaining, quantity=freed)
        await reservations.reduce(connection, reservation, quantity=freed, at=transaction.now)
        [row] = await reservations.find(connection, which, limit=1)
        return Outcome(
            answer=reservation_words(row),
            touched=Touched(operations=frozenset({claim.operation_id})),
            places=frozenset({(claim.item_id, claim.location_id)}),
        )

    given = {"number": number, "reservation": reservation, "quantity": quantity, "reason": reason}
    return await run_command(pool, call, kind="release-reservation", given=given, work=work)
