"""Places are tended as a tree, stock is summed up it and goes between them in two steps; items have classes and units."""

import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.storage.kettle_works import (
    LEADER,
    MASTER_DATA,
    MOULDER,
    OPERATOR,
    WAREHOUSE,
    KettleWorks,
    named,
)
from tests.storage.test_issues_by_hand import bring


async def put(works: KettleWorks, path: str, body: dict[str, Any]) -> httpx.Response:
    """A PUT by the leader."""
    headers = {
        "Authorization": "Bearer for-screens",
        "Idempotency-Key": str(uuid.uuid4()),
        "Lineside-Badge": LEADER,
    }
    return await works.http.put(f"/api/v1/{path}", json=body, headers=headers)


async def place(works: KettleWorks, code: str, kind: str, **more: Any) -> httpx.Response:
    return await put(works, f"locations/{code}", {"name": named(code), "kind": kind, **more})


@pytest.fixture
async def tree(works: KettleWorks) -> KettleWorks:
    """PLANT holds WH, which holds two bins; stock lies on all levels."""
    assert (await place(works, "PLANT", "site")).is_success
    assert (await place(works, "WH", "store", parent="PLANT")).is_success
    for code in ("B-1", "B-2"):
        assert (await place(works, code, "bin", parent="WH")).is_success
    await works.receive("PP-RESIN", "R1", "10", "WH")
    await works.receive("PP-RESIN", "R1", "20", "B-1")
    await works.receive("PP-RESIN", "R2", "30", "B-2")
    return works


async def test_stock_is_summed_up_the_tree(tree: KettleWorks) -> None:
    [total] = await tree.get("stock/totals", location="PLANT")
    assert (total["item"], Decimal(total["on_hand"]), total["places"]) == ("PP-RESIN", 60, 3)
    [total] = await tree.get("stock/totals", location="B-1")
    assert Decimal(total["on_hand"]) == 20
    lines = await tree.get("stock", location="WH", below="true")
    assert [line["location"] for line in lines] == ["WH", "B-1", "B-2"]
    places = await tree.get("locations", below="WH")
    assert [one["code"] for one in places] == ["WH", "B-1", "B-2"]


async def test_a_site_itself_holds_no_stock(tree: KettleWorks) -> None:
    body = {"item": "PP-RESIN", "lot": "R1", "quantity": "1", "location": "PLANT"}
    assert (await tree.refused("receipts", body, by=WAREHOUSE))["type"] == "not-a-real-place"


async def test_only_an_empty_place_is_closed_and_nothing_goes_to_a_closed_one(
    tree: KettleWorks,
) -> None:
    refused = await place(tree, "B-1", "bin", parent="WH", active=False)
    assert refused.json()["title"] == "B-1 is still in use: stock lies there."
    move = {"item": "PP-RESIN", "lot": "R1", "quantity": "20"}
    await tree.do("transfers", move | {"from_location": "B-1", "to_location": "WH"}, by=WAREHOUSE)
    assert (await place(tree, "B-1", "bin", parent="WH", active=False)).is_success
    back = move | {"from_location": "WH", "to_location": "B-1"}
    assert (await tree.refused("transfers", back, by=WAREHOUSE))["type"] == "place-closed"
    assert (await place(tree, "B-1", "bin", parent="WH")).is_success
    await tree.do("transfers", back, by=WAREHOUSE)


async def test_a_place_is_renamed_but_its_kind_stays_while_stock_lies_there(
    tree: KettleWorks,
) -> None:
    renamed = await put(
        tree, "locations/B-1", {"name": named("Rack 1"), "kind": "bin", "parent": "WH"}
    )
    assert renamed.json()["name"]["en"] == "Rack 1"
    assert (await place(tree, "B-1", "scrap", parent="WH")).json()["type"] == "kind-fixed"
    assert (await place(tree, "PLANT", "site", parent="PLANT")).json()["type"] == "place-loops"
    assert (await place(tree, "SUPPLIER", "store")).json()["type"] == "not-a-real-place"


async def test_what_is_in_quarantine_is_not_consumed(tree: KettleWorks) -> None:
    await tree.run_order("WO-1")
    move = {"item": "PP-RESIN", "lot": "R1", "quantity": "10", "from_location": "WH"}
    await tree.do("transfers", move | {"to_location": "REWORK"}, by=WAREHOUSE)
    assert await tree.on_hand("PP-RESIN", "REWORK") == 10
    await tree.count(4)
    assert await tree.on_hand("PP-RESIN", "REWORK") == 10
    assert (await tree.get("shortages"))[0]["item"] == "PP-RESIN"


async def test_stock_goes_to_another_place_in_two_steps(tree: KettleWorks) -> None:
    assert (await place(tree, "TRUCK", "in_transit")).is_success
    consignment = {
        "item": "PP-RESIN", "lot": "R2", "quantity": "30", "from_location": "B-2",
        "to_location": "M1-LS", "transit_location": "TRUCK",
    }  # fmt: skip
    shipment = await tree.do("shipments", consignment, by=WAREHOUSE)
    assert await tree.on_hand("PP-RESIN", "TRUCK") == 30
    assert await tree.on_hand("PP-RESIN", "M1-LS") == 0
    stolen = {
        "item": "PP-RESIN", "lot": "R2", "quantity": "1", "from_location": "TRUCK",
        "to_location": "WH",
    }  # fmt: skip
    assert (await tree.refused("transfers", stolen, by=WAREHOUSE))["type"] == "stock-too-low"
    path = f"shipments/{shipment['id']}"
    part = await tree.do(f"{path}/receive", {"quantity": "18"}, by=WAREHOUSE)
    assert (Decimal(part["open"]), part["closed_at"]) == (12, None)
    too_much = await tree.refused(f"{path}/receive", {"quantity": "13"}, by=WAREHOUSE)
    assert too_much["type"] == "less-on-its-way"
    rest = await tree.do(f"{path}/turn-back", {"reason": "wet"}, by=WAREHOUSE)
    assert Decimal(rest["turned_back"]) == 12
    assert rest["closed_at"] is not None
    assert await tree.on_hand("PP-RESIN", "M1-LS") == 18
    assert await tree.on_hand("PP-RESIN", "B-2") == 12
    assert await tree.get("shipments") == []
    await tree.check_ledger()


RESIN: dict[str, Any] = MASTER_DATA["items"][0] | {
    "item_class": "raw",
    "abc_class": "A",
    "gtin": "4012345678901",
    "units": [
        {"unit": "bag", "numerator": 25},
        {"unit": "can", "numerator": 200, "denominator": 3},
    ],
}


async def test_items_have_classes_a_gtin_and_exact_units(works: KettleWorks) -> None:
    await bring(works, {"items": [RESIN]})
    item = await works.get("items/PP-RESIN")
    assert (item["item_class"], item["abc_class"], item["gtin"]) == ("raw", "A", "04012345678901")
    assert [(u["unit"], u["numerator"], u["denominator"]) for u in item["units"]] == [
        ("bag", 25, 1),
        ("can", 200, 3),
    ]
    await bring(works, {"items": MASTER_DATA["items"]})  # what it leaves out stays
    assert await works.get("items/PP-RESIN") == item
    assert [one["code"] for one in await works.get("items", abc_class="A")] == ["PP-RESIN"]
    [found] = await works.get("items", gtin="4012345678901")
    assert found["code"] == "PP-RESIN"


async def test_a_gtin_belongs_to_one_item(works: KettleWorks) -> None:
    await bring(works, {"items": [RESIN]})
    cord = MASTER_DATA["items"][1] | {"gtin": "4012345678901"}
    response = await works.http.put(
        "/api/v1/master-data",
        json={"items": [cord]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert response.json()["type"] == "gtin-taken"


async def test_a_bill_in_another_unit_is_exact_on_the_order(works: KettleWorks) -> None:
    """A can is 200/3 kg; a tenth of a can a body, sixty bodies: 400 kg, not 399.999..."""
    await bring(works, {"items": [RESIN]})
    bill = {
        "item": "BODY",
        "components": [{"item": "PP-RESIN", "quantity": "0.1", "unit": "can"}],
    }
    await bring(works, {"bills": [bill]})
    await works.receive("PP-RESIN", "R1", "1000", "M1-LS")
    await works.run_order("WO-1")
    await works.count(60)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 600


async def test_a_scan_names_what_it_is_on(works: KettleWorks) -> None:
    await bring(works, {"items": [RESIN]})
    await works.receive("PP-RESIN", "R7", "100", "M1-LS", expires="2026-12-31")
    label = "(01)04012345678901(3103)012500(17)261231(10)R7"
    scanned = await works.get("scan", barcode=label)
    assert (scanned["item"], scanned["lot"], scanned["unit"]) == ("PP-RESIN", "R7", "kg")
    assert Decimal(scanned["quantity"]) == Decimal("12.5")
    assert (await works.get("scan", barcode="R7"))["item"] == "PP-RESIN"
    assert (await works.get("scan", barcode="WH"))["location"] == "WH"
    await works.receive("CORD", "R7", "100", "M1-LS", expires="2026-12-31")
    await works.run_order("WO-1")
    mounted = await works.do(f"units/{MOULDER}/mount", {"barcode": label}, by=OPERATOR)
    assert mounted["item"] == "PP-RESIN"
