"""Suppliers, units, loops and purchase orders come from spreadsheets too; what there is goes out and comes back the same."""

import csv
import io
from typing import Any

import httpx

from tests.storage.kettle_works import ASSEMBLY, MOULDER, PLANNER, WAREHOUSE, KettleWorks, named
from tests.storage.test_imports import brought, see, value

KINDS = (
    "items", "locations", "suppliers", "units", "bills", "routings", "lots", "loops", "purchases", "orders",
)  # fmt: skip


async def committed(works: KettleWorks, kind: str, text: str) -> int:
    found = await brought(works, kind, text)
    rows = await see(works, f"imports/{found['id']}/rows")
    assert found["counts"]["error"] == 0, rows
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    return int(found["id"])


async def faults(works: KettleWorks, kind: str, text: str, language: str = "en") -> list[str]:
    found = await brought(works, kind, text)
    rows = await see(works, f"imports/{found['id']}/rows", verdict="error", language=language)
    return [f"{one['field']}: {one['detail']}" for row in rows for one in row["faults"]]


async def sheet(works: KettleWorks, kind: str, format: str = "csv") -> bytes:
    answer = await works.http.get(
        f"/api/v1/imports/sheets/{kind}",
        params={"format": format},
        headers={"Authorization": "Bearer for-screens"},
    )
    assert answer.is_success, answer.text
    return answer.content


async def test_suppliers_and_units_are_judged_taken_and_undone(works: KettleWorks) -> None:
    first = await committed(works, "suppliers", "Lieferant;Bezeichnung\nS-1;Acme\nS-2;Bolt\n")
    assert [one["code"] for one in await works.get("suppliers")] == ["S-1", "S-2"]
    second = await committed(works, "suppliers", "供应商编码,名称,启用\nS-2,螺栓,否\n")
    [_, bolt] = await works.get("suppliers")
    assert (bolt["name"], bolt["active"]) == ({"en": "Bolt", "zh": "螺栓"}, False)
    await works.do(f"imports/{second}/undo", by=PLANNER)
    assert [one["active"] for one in await works.get("suppliers")] == [True, True]
    units = await committed(works, "units", "item,unit,contains\nCORD,box,24\nPP-RESIN,bag,0.5\n")
    assert await works.get("items/PP-RESIN") == {
        **await works.get("items/PP-RESIN"),
        "units": [{"unit": "bag", "numerator": 1, "denominator": 2}],
    }
    again = await brought(works, "units", "item,unit,contains,per\nPP-RESIN,bag,2,4\n")
    assert again["counts"]["unchanged"] == 1
    assert await faults(works, "units", "item,unit,contains\nCORD,pcs,2\nNONE,box,2\nCORD,pair,0\n") == [
        "unit: This is the stock unit of the item; it needs no conversion.",
        "item: There is no such item. Import or create it first.",
        "numerator: It must be greater than 0.",
    ]  # fmt: skip
    loop = {"item": "CORD", "location": "A1-LS", "source": "WH", "order_quantity": "24", "pack_unit": "box"}  # fmt: skip
    assert (await works.put("replenishment-loops", loop, by=PLANNER)).is_success
    refused = await works.refused(f"imports/{units}/undo", by=PLANNER)
    assert (refused["type"], "CORD/box" in refused["title"]) == ("import-used", True)
    await works.do(f"imports/{first}/undo", by=PLANNER)
    assert await works.get("suppliers") == []


async def test_loops_are_judged_taken_call_at_once_and_are_undone(works: KettleWorks) -> None:
    await works.receive("CORD", "C-1", "500", "WH")
    head = "item;location;method;source;reorder point;order quantity;maximum;lead time\n"
    wrong = (
        head
        + "CORD;A1-LS;min-max;WH;50;100;40;900\nNONE;A1-LS;kanban;WH;0;10;;60\n"
        + "BODY;NOWHERE;kanban;WH;0;10;;60\nCORD;P1-LS;kanban;;0;10;;60\n"
    )
    said = await faults(works, "loops", wrong)
    assert [one.split(":")[0] for one in said] == ["method", "item", "location", "method"]
    assert all(any("一" <= c <= "鿿" for c in one) for one in await faults(works, "loops", wrong, "zh"))  # fmt: skip
    taken = await committed(
        works, "loops", head + "CORD;A1-LS;min-max;WH;50;100;200;1800\nPP-RESIN;M1-LS;;;30;60;;\n"
    )
    loops = {one["item"]: one for one in await works.get("replenishment-loops")}
    cord, resin = loops["CORD"], loops["PP-RESIN"]
    assert (cord["method"], cord["lead_time_s"], cord["open_call"] is not None) == (
        "min_max",
        1800,
        True,
    )
    assert (resin["reorder_point"], resin["source"]) == ("30.000000", "WH")
    await works.do(f"imports/{taken}/undo", by=PLANNER)
    loops = {one["item"]: one for one in await works.get("replenishment-loops")}
    assert (loops["CORD"]["active"], loops["PP-RESIN"]["reorder_point"]) == (False, "20.000000")
    await works.check_ledger()


async def test_purchase_orders_are_made_whole_compared_and_cancelled_by_undo(
    works: KettleWorks,
) -> None:
    await committed(works, "suppliers", "code,name\nS-1,Acme\nS-2,Bolt\n")
    await committed(works, "units", "item,unit,contains\nCORD,box,24\n")
    head = "Bestellnummer;Position;Lieferant;Material;Lagerort;Menge;ME;Preis;Liefertermin\n"
    text = (
        head
        + "PO-1;10;S-1;CORD;WH;5;box;42,50;09.03.2026\nPO-1;20;S-1;PP-RESIN;WH;100;;1,20;09.03.2026\n"
        + "PO-2;;S-2;CORD;WH;24;;2;09.03.2026\n"
    )
    taken = await committed(works, "purchases", text)
    first, second = await works.get("purchase-orders")
    assert [(one["line"], one["quantity"], one["unit"]) for one in first["lines"]] == [
        (10, "120", "box"), (20, "100", "kg"),
    ]  # fmt: skip
    assert [one["line"] for one in second["lines"]] == [1]
    assert (await brought(works, "purchases", text))["counts"]["unchanged"] == 3
    other = head + "PO-1;10;S-1;CORD;WH;6;box;42,50;09.03.2026\nPO-1;30;S-1;CORD;WH;1;;1;09.03.2026\n"  # fmt: skip
    assert [one.split(":")[0] for one in await faults(works, "purchases", other)] == ["quantity", "line"]  # fmt: skip
    mixed = head + "PO-3;1;S-1;CORD;WH;6;crate;1;09.03.2026\nPO-3;2;S-2;CORD;WH;6;;1;09.03.2026\n"
    assert [one.split(":")[0] for one in await faults(works, "purchases", mixed)] == ["unit", "supplier"]  # fmt: skip
    await works.do(
        "purchase-orders/PO-2/lines/1/receive", {"lot": "C-9", "quantity": "4"}, by=WAREHOUSE
    )
    refused = await works.refused(f"imports/{taken}/undo", by=PLANNER)
    assert (refused["type"], "PO-2/1" in refused["title"]) == ("import-used", True)
    later = await committed(works, "purchases", head + "PO-9;1;S-1;CORD;WH;6;;1;09.03.2026\n")
    await works.do(f"imports/{later}/undo", by=PLANNER)
    states = {one["number"]: one["state"] for one in await works.get("purchase-orders")}
    assert states == {"PO-1": "open", "PO-2": "open", "PO-9": "cancelled"}
    gone = await faults(works, "purchases", head + "PO-9;1;S-1;CORD;WH;6;;1;09.03.2026\n")
    assert gone == ["number: This order was cancelled. Use another number."]


async def test_places_and_gtins_that_cannot_be_are_named(works: KettleWorks) -> None:
    await works.receive("CORD", "C-1", "10", "WH")
    said = await faults(
        works,
        "locations",
        "code,name,kind,parent\nWH,Warehouse,bin,\nA,A,store,B\nB,B,store,A\nC,C,store,M1-LS\n",
    )
    assert [one.split(":")[0] for one in said] == ["kind", "parent", "parent", "parent"]
    head = "code,name,unit,procurement,gtin\n"
    said = await faults(
        works,
        "items",
        head + "X,X,pcs,buy,123\nY,Y,pcs,buy,4006381333931\nZ,Z,pcs,buy,04006381333931\n",
    )
    assert [one.split(":")[0] for one in said] == ["gtin", "gtin"]


async def fill(works: KettleWorks) -> None:
    """A plant in which every kind of thing is there, with names and numbers that are hard to write down."""
    await committed(works, "suppliers", 'code,name,name zh\nS-1,"Acme, ""Best""\nLtd",供应商一\nS-2,-5 % Co,乙\n')  # fmt: skip
    item = {
        "name": {"en": "=SUM(A1)", "zh": "@名称"}, "unit": "m", "procurement": "buy", "standard_cost": "0.000001",
        "item_class": "+x", "abc_class": "A", "gtin": "04006381333931", "serialised": False,
        "units": [{"unit": "roll", "numerator": 200}, {"unit": "third", "numerator": 1, "denominator": 3}],
    }  # fmt: skip
    assert (await works.put("items/WIRE%2F1", item, by=PLANNER)).is_success
    for code, place in (
        ("SITE-1", {"name": named("Site"), "kind": "site"}),
        ("WH/B 1", {"name": named(" Bin "), "kind": "bin", "parent": "WH"}),
    ):
        assert (await works.put(f"locations/{code}", place)).is_success
    bill = {
        "base_quantity": "3",
        "components": [
            {"item": "WIRE/1", "quantity": "1", "unit": "third", "scrap_percent": "2.5"},
            {"item": "CORD", "quantity": "1", "measured": True},
        ],
    }
    assert (await works.put("bills/KETTLE/B-2", bill, by=PLANNER)).is_success
    routing = {
        "item": "KETTLE", "revision": "R1",
        "operations": [
            {"number": 10, "name": named("Assemble"), "units": [ASSEMBLY, MOULDER], "setup_s": "30", "run_s": "4.5", "components": ["CORD"]},
            {"number": 1000, "units": [MOULDER], "outsourced": True},
        ],
    }  # fmt: skip
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"routings": [routing]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.is_success, answer.text
    await works.receive("CORD", "0042", "10.5", "WH", expires="2027-01-31")
    await works.receive("PP-RESIN", "R-1", "1000", "WH/B 1")
    await works.new_order("WO-1")
    loop: dict[str, Any] = {
        "item": "WIRE/1", "location": "A1-LS", "kind": "purchase", "supplier": "S-1", "method": "min_max",
        "reorder_point": "10", "order_quantity": "200", "max_quantity": "400", "pack_unit": "roll", "lead_time_s": 172800,
    }  # fmt: skip
    assert (await works.put("replenishment-loops", loop, by=PLANNER)).is_success
    line = {"item": "WIRE/1", "location": "WH", "quantity": "7", "unit": "third", "price": "10", "due_at": "2026-03-09T12:00:00.123Z"}  # fmt: skip
    await works.do(
        "purchase-orders", {"number": "PO-1", "supplier": "S-2", "lines": [line, line]}, by=PLANNER
    )


async def test_what_there_is_goes_out_as_a_sheet_and_comes_back_unchanged(
    works: KettleWorks,
) -> None:
    await fill(works)
    for kind in KINDS:
        for format in ("csv", "xlsx"):
            content = await sheet(works, kind, format)
            found = await brought(works, kind, content, filename=f"{kind}.{format}")
            rows = await see(works, f"imports/{found['id']}/rows")
            wrong = [row for row in rows if row["verdict"] != "unchanged"]
            assert (found["missing"], wrong) == ([], []), (kind, format, content[:600])
            assert found["counts"]["unchanged"] >= 1, kind
    lists = {
        "items": "items", "locations": "locations", "suppliers": "suppliers", "replenishment-loops": "loops",
        "stock": "lots",
    }  # fmt: skip
    for path, kind in lists.items():
        answer: httpx.Response = await works.http.get(
            f"/api/v1/exports/{path}", headers={"Authorization": "Bearer for-screens"}
        )
        found = await brought(works, kind, answer.content)
        rows = await see(works, f"imports/{found['id']}/rows")
        wrong = [row for row in rows if row["verdict"] != "unchanged"]
        assert (found["missing"], wrong) == ([], []), path
    assert await value(works, "select count(*) from data_import where state = 'committed'") == 1


async def test_an_empty_kind_gives_the_empty_form(works: KettleWorks) -> None:
    rows = list(csv.reader(io.StringIO((await sheet(works, "purchases")).decode("utf-8-sig"))))
    assert rows == [["number", "supplier", "line", "item", "location", "quantity", "unit", "price", "due_at", "over_percent"]]  # fmt: skip
    fields = await works.get("imports/fields/purchases")
    assert [one["name"] for one in fields] == rows[0]
