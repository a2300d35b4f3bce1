"""What lies of an item at one place, read by a transaction that has the say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from mes_server.domain.issue import Shelf
from mes_server.domain.reservation import make_room
from mes_server.operations.command import Transaction
from mes_server.storage import lots, reservations, stock_effects
from mes_server.storage.lots import LocationRow
from mes_server.storage.work_orders import ItemRow


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShelf:
    """A shelf, and the ids behind its lots."""

    item: ItemRow
    place: LocationRow
    shelf: Shelf
    lot_ids: Mapping[str, int]


async def open_shelf(
    transaction: Transaction, item: ItemRow, place: LocationRow, *, equipment_id: int | None = None
) -> OpenShelf:
    """The shelf as decisions see it; the place is locked (`ledger.lock`). `equipment_id` is whom the material is for."""
    connection = transaction.connection
    rows = await lots.lots_at(connection, item_id=item.id, location_id=place.id)
    mounted = await lots.mounted_at(connection, item_id=item.id, location_id=place.id)
    shelf = Shelf(
        item=item.code,
        place=place.name,
        lots=[row.decided for row in rows],
        claims=await reservations.claims_at(connection, item_id=item.id, location_id=place.id),
        mounted=[lot for lot, unit in mounted if unit == equipment_id],
        busy=[lot for lot, unit in mounted if unit != equipment_id],
    )
    return OpenShelf(item=item, place=place, shelf=shelf, lot_ids={row.lot: row.id for row in rows})


async def clear_lot(
    transaction: Transaction, here: OpenShelf, *, lot: str, own: Decimal, quantity: Decimal
) -> OpenShelf:
    """The shelf after soft claims on the lot went over to other lots, as far as `quantity` of it needs that.

    `own` is what is claimed by who asks.
    """
    named = next((one for one in here.shelf.lots if one.lot == lot), None)
    if named is None or named.free + own >= quantity:
        return here
    today = await stock_effects.plant_date(transaction.connection, now=transaction.now)
    exchanges = make_room(
        lot,
        missing=quantity - own - named.free,
        lots=here.shelf.lots,
        claims=here.shelf.claims,
        today=today,
    )
    for exchange in exchanges:
        await reservations.exchange(
            transaction.connection,
            exchange.claim,
            lot_id=here.lot_ids[exchange.lot],
            quantity=exchange.quantity,
            at=transaction.now,
        )
    if not exchanges:
        return here
    fresh = await open_shelf(transaction, here.item, here.place)
    shelf = replace(fresh.shelf, mounted=here.shelf.mounted, busy=here.shelf.busy)
    return replace(fresh, shelf=shelf)
