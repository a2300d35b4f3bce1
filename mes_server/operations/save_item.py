"""One item is made, or changed whole."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from device_profiles.plant import Plant
from mes_server.domain.edited import UnitNeeded, check_name, check_units
from mes_server.domain.item_details import GtinTaken, gtin_14
from mes_server.domain.stock import UnitInUse
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.sync_plant import write_plant
from mes_server.storage import item_details, master_data, versions
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched

Fields = Mapping[str, Any]
"""An item in the words of the API; decimals as text."""


async def save_item(pool: Pool, call: Call, *, code: str, item: Fields, plant: Plant) -> Answer:
    """Make the item, or bring it to what is given. Answers {version, item}.

    Raises OtherName, UnitTwice, UnitInUse, UnitNeeded, GtinWrong, GtinTaken, or ChangedMeanwhile.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        check_name(address=code, given=item.get("code"))
        row = {**item, "code": code, "gtin": gtin_14(item["gtin"]) if item["gtin"] else None}
        await _check(connection, row)
        saved = await item_details.save(connection, row)
        linked = await write_plant(connection, plant)
        [card] = await item_details.find(connection, code=code, limit=1)
        shown = await item_details.shown(connection, saved)
        return Outcome(
            answer={
                "version": await versions.version_of(connection, "item", code),
                "item": {**asdict(card), "standard_cost": str(card.standard_cost)},
            },
            touched=Touched(
                units=linked,
                operations=frozenset(shown.operations),
                stock=frozenset((saved, place) for place in shown.places),
            ),
        )

    given = {"item": code, "content": dict(item)}
    return await run_command(pool, call, kind="save-item", given=given, work=work)


async def _check(connection: Connection, row: Fields) -> None:
    """Refuse what the item's stock, its loops or other items do not allow."""
    units = [one["unit"] for one in row["units"]]
    check_units(row["code"], stock_unit=row["unit"], units=units)
    if used := await master_data.items_with_stock_in_another_unit(connection, [row]):
        raise UnitInUse(items=tuple(used))
    for packed in await item_details.packed_in(connection, row["code"]):
        if packed not in (row["unit"], *units):
            raise UnitNeeded(item=row["code"], unit=packed)
    if row["gtin"] and (taken := await item_details.taken_gtin(connection, [row])):
        raise GtinTaken(gtin=taken[0], item=taken[1])
