"""One revision of a bill of material is made, or changed whole."""

from collections.abc import Mapping
from typing import Any

from mes_server.domain.edited import check_name
from mes_server.domain.refusal import ITEM, LOCATION, NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.item_details import bills_in_stock_units
from mes_server.operations.save_bills import named_items, named_places, save_bills
from mes_server.storage import bills, master_data, stock_effects, versions
from mes_server.storage.database import Pool

Fields = Mapping[str, Any]
"""A bill in the words of the API; decimals as text."""


async def save_bill(pool: Pool, call: Call, *, item: str, revision: str, bill: Fields) -> Answer:
    """Make the revision, or bring it to what is given; orders keep what was frozen on them. Answers {version, bill}.

    Raises OtherName, NotFound, BillLoops, ComponentTwice, UnitUnknown or ChangedMeanwhile.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        check_name(address=item, given=bill.get("item"))
        check_name(address=revision, given=bill.get("revision"))
        whole = [{**bill, "item": item, "revision": revision}]
        if missing := await master_data.missing_items(connection, sorted(set(named_items(whole)))):
            raise NotFound(what=ITEM, name=", ".join(missing))
        if missing := await master_data.missing_locations(connection, named_places(whole)):
            raise NotFound(what=LOCATION, name=", ".join(missing))
        await save_bills(connection, await bills_in_stock_units(connection, whole))
        day = await stock_effects.plant_date(connection, now=transaction.now)
        saved = await bills.find_one(connection, item=item, revision=revision, day=day)
        version = await versions.version_of(connection, "bill", f"{item}@{revision}")
        return Outcome(answer={"version": version, "bill": saved})

    given = {"item": item, "revision": revision, "content": dict(bill)}
    return await run_command(pool, call, kind="save-bill", given=given, work=work)
