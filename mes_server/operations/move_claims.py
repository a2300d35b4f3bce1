"""What an order has claimed follows what it uses: claims on what goes are released, and what comes is claimed instead.

A claim instead is soft (no lot of it was named), and no larger than what is free there.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.lots import suggest
from mes_server.domain.refusal import LOCATION, NotFound
from mes_server.operations.command import Transaction
from mes_server.operations.named import item_of
from mes_server.operations.shelf import open_shelf
from mes_server.storage import ledger, lots, reservations, stock_effects
from mes_server.storage.reservations import Held

Place = tuple[int, int]
"""(item, location) ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What an operation on a unit claims from now on instead of what it had claimed."""

    operation_id: int
    equipment_id: int
    item: str
    location_id: int
    quantity: Decimal


async def move_claims(
    transaction: Transaction,
    *,
    operations: Collection[int],
    leaves: Callable[[Held], bool],
    arrives: Callable[[Held], Place | None],
    instead: Callable[[list[Held]], Iterable[Instead]],
    also: Collection[Place] = (),
) -> frozenset[Place]:
    """Release the claims of `operations` (which are locked) that `leaves` picks, and claim what `instead` makes of them.

    Has the say about their places, those where they arrive, and `also`, which the same command changes (`ledger.lock`:
    once a transaction). Returns where something was set free or claimed, for `Outcome.places`.
    """
    connection = transaction.connection
    held = [one for one in await reservations.held(connection, operations) if leaves(one)]
    targets = {place for one in held if (place := arrives(one)) is not None}
    places = {(one.item_id, one.location_id) for one in held} | targets
    await ledger.lock(connection, places | set(also))
    if not held:
        return frozenset()
    # whoever had the say before may have released some of it; nobody claims more while the operations are locked
    held = [one for one in await reservations.held(connection, operations) if leaves(one)]
    for one in held:
        await reservations.release_all(connection, one, at=transaction.now)
    for wanted in instead(held):
        await _claim(transaction, wanted)
    return frozenset(places)


async def _claim(transaction: Transaction, wanted: Instead) -> None:
    connection = transaction.connection
    item = await item_of(connection, wanted.item)
    place = await lots.location(connection, wanted.location_id)
    if place is None:
        raise NotFound(what=LOCATION, name=str(wanted.location_id))
    here = await open_shelf(transaction, item, place, equipment_id=wanted.equipment_id)
    today = await stock_effects.plant_date(connection, now=transaction.now)
    for lot, part in suggest(here.shelf.lots, quantity=wanted.quantity, today=today).items():
        await reservations.add(
            connection,
            reservations.NewReservation(
                operation_id=wanted.operation_id,
                item_id=item.id,
                location_id=place.id,
                lot_id=here.lot_ids[lot],
                hard=False,
                quantity=part,
                at=transaction.now,
                person_id=transaction.person_id,
                command_id=transaction.command_id,
            ),
        )
