"""A replenishment loop is made, or set anew."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.loop_rule import Method, SupplyKind
from mes_server.domain.loop_setting import SUPPLIER, check_loop
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of, item_of, place_of
from mes_server.operations.quantity import stock_quantity
from mes_server.storage import ledger, loops, suppliers
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched

_ACCOUNT = {SupplyKind.PURCHASE: "SUPPLIER", SupplyKind.MAKE: "PRODUCTION"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSetting:
    """A loop in the words of the API; quantities in the item's stock unit."""

    item: str
    location: str
    kind: SupplyKind
    method: Method
    source: str | None
    supplier: str | None
    reorder_point: Decimal
    order_quantity: Decimal
    max_quantity: Decimal | None
    safety_stock: Decimal
    lead_time_s: int
    order_min: Decimal | None
    order_multiple: Decimal | None
    order_max: Decimal | None
    pack_unit: str | None
    scanned: bool
    lot_sizing: str
    period_days: int
    active: bool


async def set_loop(pool: Pool, call: Call, setting: LoopSetting) -> Answer:
    """Save the loop; what is due by it is called for at once. Answers {item, location}.

    Raises NotFound, NotARealPlace, LoopIncomplete, or UnitUnknown for a pack the item does not have.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        check_loop(
            kind=setting.kind,
            method=setting.method,
            reorder_point=setting.reorder_point,
            max_quantity=setting.max_quantity,
            has_source=setting.source is not None,
            has_supplier=setting.supplier is not None,
        )
        item = await item_of(connection, setting.item)
        place = await place_of(connection, setting.location)
        if setting.pack_unit is not None:
            await stock_quantity(connection, item, Decimal(1), setting.pack_unit)
        loop = loops.NewLoop(
            item_id=item.id,
            location_id=place.id,
            source_id=await _source(connection, setting),
            kind=setting.kind.value,
            method=setting.method.value,
            supplier_id=await _supplier(connection, setting.supplier),
            reorder_point=setting.reorder_point,
            order_quantity=setting.order_quantity,
            max_quantity=setting.max_quantity,
            safety_stock=setting.safety_stock,
            lead_time_s=setting.lead_time_s,
            order_min=setting.order_min,
            order_multiple=setting.order_multiple,
            order_max=setting.order_max,
            pack_unit=None if setting.pack_unit == item.unit else setting.pack_unit,
            scanned=setting.scanned,
            lot_sizing=setting.lot_sizing,
            period_days=setting.period_days,
            active=setting.active,
        )
        places = frozenset({(item.id, place.id)})
        await ledger.lock(connection, places)
        await loops.save_loop(connection, loop)
        return Outcome(
            answer={"item": setting.item, "location": setting.location},
            touched=Touched(stock=places),
            places=places,
        )

    return await run_command(pool, call, kind="set-loop", given=asdict(setting), work=work)


async def _source(connection: Connection, setting: LoopSetting) -> int:
    if setting.kind is SupplyKind.TRANSFER:
        assert setting.source is not None
        return (await place_of(connection, setting.source)).id
    return (await account_of(connection, _ACCOUNT[setting.kind])).id


async def _supplier(connection: Connection, code: str | None) -> int | None:
    if code is None:
        return None
    supplier = await suppliers.find_supplier(connection, code)
    if supplier is None:
        raise NotFound(what=SUPPLIER, name=code)
    return supplier.id
