"""A replenishment loop is made, or set anew."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from mes_server.domain.loop_rule import Method, SupplyKind
from mes_server.domain.loop_setting import SUPPLIER, CallOpen, check_loop
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, place_of
from mes_server.operations.quantity import stock_quantity
from mes_server.storage import import_supply, ledger, loops, suppliers
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched


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

    Raises NotFound, NotARealPlace, LoopIncomplete, CallOpen, or UnitUnknown for a pack the item does not have.
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
        if setting.source is not None:
            await place_of(connection, setting.source)
        await _check_supplier(connection, setting.supplier)
        if setting.pack_unit is not None:
            await stock_quantity(connection, item, Decimal(1), setting.pack_unit)
        places = frozenset({(item.id, place.id)})
        await write_loops(connection, [_as_row(setting)], places=places)
        return Outcome(
            answer={"item": setting.item, "location": setting.location},
            touched=Touched(stock=places),
            places=places,
        )

    return await run_command(pool, call, kind="set-loop", given=asdict(setting), work=work)


async def write_loops(
    connection: Connection, rows: Sequence[dict[str, Any]], *, places: frozenset[tuple[int, int]]
) -> None:
    """Save loops, each of them whole, decimals as text; `places` are theirs, and are locked here.

    Every loop that is set, imported or named by a document comes by here. Raises CallOpen while something is picked from
    another place.
    """
    await ledger.lock(connection, places)
    picked = await loops.picked_from_elsewhere(connection, rows)
    if picked is not None:
        item, number = picked
        raise CallOpen(item=item, number=number)
    await import_supply.write(connection, "loops", rows)


def _as_row(setting: LoopSetting) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal | StrEnum) else value
        for name, value in asdict(setting).items()
    }


async def _check_supplier(connection: Connection, code: str | None) -> None:
    if code is not None and await suppliers.find_supplier(connection, code) is None:
        raise NotFound(what=SUPPLIER, name=code)
