"""Bills of material brought to what a document, or a single edit, says."""

from collections.abc import Mapping, Sequence
from typing import Any

from mes_server.domain.bill_of_material import check_bills
from mes_server.storage import bills as stored_bills
from mes_server.storage import master_data
from mes_server.storage.database import Connection

Rows = Sequence[Mapping[str, Any]]
"""Bills in the words of the API, decimals as text, components in stock units."""


async def save_bills(connection: Connection, bills: Rows) -> int:
    """Write the bills; how many heads and lines changed. Raises BillLoops or ComponentTwice."""
    lines = [
        {**line, "head": bill["item"], "revision": bill["revision"]}
        for bill in bills
        for line in bill["components"]
    ]
    for bill in bills:
        parts = [line["item"] for line in bill["components"]]
        check_bills({bill["item"]: parts})
        for line in bill["components"]:
            others = [other["item"] for other in line.get("substitutes", ())]
            check_bills({bill["item"]: [line["item"], *others]})
        check_bills({bill["item"]: [output["item"] for output in bill.get("outputs", ())]})
    changed = await master_data.upsert_bills(connection, bills, lines)
    changed += await stored_bills.save_extras(connection, bills)
    check_bills(
        {
            item: sorted(set(parts))
            for item, parts in (await master_data.read_bills(connection)).items()
        }
    )
    return changed


def named_items(bills: Rows) -> list[str]:
    """Every item that the bills name."""
    extras = [*stored_bills.substitutes(bills), *stored_bills.outputs(bills)]
    return [
        *(bill["item"] for bill in bills),
        *(line["item"] for bill in bills for line in bill["components"]),
        *(one["item"] for one in extras),
    ]


def named_places(bills: Rows) -> list[str]:
    """Every place that the bills name."""
    return [
        one["location"] for one in stored_bills.outputs(bills) if one.get("location") is not None
    ]
