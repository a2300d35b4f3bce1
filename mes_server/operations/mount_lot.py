"""An operator scans a lot at a unit: from now on the unit uses it."""

from dataclasses import asdict, dataclass, replace

from mes_server.domain.barcode import Scan, read_scan
from mes_server.domain.lots import LotAmbiguous, LotInUse, NoOrderHere, check_mount
from mes_server.domain.refusal import LOT, NotFound
from mes_server.domain.reservation import check_claimed
from mes_server.domain.stock import LotDiffers
from mes_server.domain.work_order import UnitHasNoPlaces
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, unit_of
from mes_server.storage import item_details, lots, reservations, stock_effects
from mes_server.storage.database import Connection, Pool
from mes_server.storage.plant import UnitRow
from mes_server.storage.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScan:
    """The scanned text, and why a later lot is taken first (empty: it is not)."""

    barcode: str
    override_reason: str


async def mount_lot(pool: Pool, call: Call, *, unit: str, scan: LabelScan) -> Answer:
    """Mount the scanned lot. Answers Mounted.

    Raises NotFound, NoOrderHere, WrongItem, LotOnHold, LotExpired, LotNotHere, EarlierLotFirst (a reason overrides
    it), LotReserved, LotInUse, LotAmbiguous or LotDiffers.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        place = await unit_of(connection, unit)
        if place.line_side_id is None or place.line_side_name is None:
            raise UnitHasNoPlaces(unit=place.name)
        order = await lots.components_at_unit(connection, place.id)
        if order is None:
            raise NoOrderHere(unit=place.name)
        number, needed = order
        label = await _known(connection, read_scan(scan.barcode))
        lot = await _find(connection, label, needed=needed, location_id=place.line_side_id)
        others = await lots.lots_at(connection, item_id=lot.item_id, location_id=place.line_side_id)
        check_mount(
            lot.decided,
            number=number,
            needed=needed,
            others=[other.decided for other in others if not other.mounted],
            today=await stock_effects.plant_date(connection, now=transaction.now),
            place=place.line_side_name,
            override_reason=scan.override_reason,
        )
        claims = await reservations.claims_at(
            connection, item_id=lot.item_id, location_id=place.line_side_id
        )
        check_claimed(lot.decided, claims=claims, number=number)
        await _mount(transaction, lot, place=place, location_id=place.line_side_id)
        item = await item_of(connection, lot.item)
        return Outcome(
            answer={
                "item": lot.item,
                "item_name": item.name,
                "lot": lot.lot,
                "quantity": str(lot.quantity),
                "unit": item.unit,
                "expires_on": lot.expires_on.isoformat() if lot.expires_on else None,
            },
            touched=Touched(
                units=frozenset({place.id}),
                stock=frozenset({(lot.item_id, place.line_side_id)}),
            ),
        )

    given = {"unit": unit, **asdict(scan)}
    return await run_command(pool, call, kind="mount-lot", given=given, work=work, streamed=True)


async def _known(connection: Connection, label: Scan) -> Scan:
    """The label with the item's own code where it names a GTIN."""
    code = await item_details.by_gtin(connection, label.item) if label.item else None
    return label if code is None else replace(label, item=code)


async def _find(
    connection: Connection, label: Scan, *, needed: frozenset[str], location_id: int
) -> lots.LotRow:
    """The one lot the label means: of its item if that is known here, else of an item that is needed, else of any."""
    found = await lots.find_lots(connection, lot=label.lot, item=None, location_id=location_id)
    candidates = (
        [lot for lot in found if lot.item == label.item]
        or [lot for lot in found if lot.item in needed]
        or found
    )
    if not candidates:
        raise NotFound(what=LOT, name=label.lot)
    if len(candidates) > 1:
        raise LotAmbiguous(lot=label.lot, items=tuple(lot.item for lot in candidates))
    [lot] = candidates
    if label.expires_on and lot.expires_on and label.expires_on != lot.expires_on:
        raise LotDiffers(item=lot.item, lot=lot.lot, known=lot.expires_on)
    return lot


async def _mount(
    transaction: Transaction, lot: lots.LotRow, *, place: UnitRow, location_id: int
) -> None:
    """Mount it; a second scan at the same unit changes nothing, one at another unit raises LotInUse."""
    connection = transaction.connection
    if await lots.mount(
        connection,
        lot,
        equipment_id=place.id,
        location_id=location_id,
        at=transaction.now,
        person_id=transaction.person_id,
    ):
        return
    where = await lots.mounted_where(connection, lot_id=lot.id, location_id=location_id)
    if where is not None and where != place.path:
        raise LotInUse(lot=lot.lot, item=lot.item, unit=where)
