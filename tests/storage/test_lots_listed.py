"""Lots are listed by what they are, and one of them tells where it is and what happened to it."""

import re

from tests.storage.kettle_works import MOULDER, OPERATOR, QUALITY, WAREHOUSE, KettleWorks


async def test_lots_are_found_by_what_they_are(works: KettleWorks) -> None:
    assert await works.get("lots") == []
    await works.receive("PP-RESIN", "R-1", "100", "WH", expires="2026-03-05")
    await works.receive("PP-RESIN", "R/2", "50", "M1-LS", expires="2026-06-01")
    body = {"item": "CORD", "lot": "C-1", "quantity": "10", "location": "WH", "supplier_lot": "S-77"}  # fmt: skip
    await works.do("receipts", body, by=WAREHOUSE)
    await works.do("lots/CORD/C-1/hold", {"reason": "look at it"}, by=QUALITY)
    await works.do(
        "transfers",
        {"item": "PP-RESIN", "lot": "R-1", "quantity": "30", "from_location": "WH", "to_location": "M1-LS"},
        by=WAREHOUSE,
    )  # fmt: skip
    works.pass_time(days=5)
    everything = await works.get("lots")
    assert [one["lot"] for one in everything] == ["R-1", "R/2", "C-1"]
    first = everything[0]
    assert (first["on_hand"], first["places"], first["expired"]) == ("100.000000", 2, True)
    for asked, lots in (
        ({"item": "CORD"}, ["C-1"]),
        ({"status": "held"}, ["C-1"]),
        ({"expires_before": "2026-06-01"}, ["R-1"]),
        ({"supplier_lot": "S-77"}, ["C-1"]),
        ({"location": "M1-LS"}, ["R-1", "R/2"]),
        ({"has_stock": "false"}, []),
        ({"code": "r"}, ["R-1", "R/2"]),
        ({"code": "s-7"}, ["C-1"]),
        ({"code": "%"}, []),
    ):
        assert [one["lot"] for one in await works.get("lots", **asked)] == lots, asked
    seen, after = list[str](), "0"
    while True:
        page = await works.http.get(
            "/api/v1/lots",
            params={"limit": 2, "after": after},
            headers={"Authorization": "Bearer for-screens"},
        )
        seen += [one["lot"] for one in page.json()]
        if "Lineside-Next" not in page.headers:
            break
        after = page.headers["Lineside-Next"]
    assert seen == ["R-1", "R/2", "C-1"]


async def test_a_lot_tells_where_it_is_where_it_came_from_and_what_happened_last(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R/1", "100", "M1-LS", expires="2027-01-31")
    await works.run_order("WO-1")
    await works.do(f"units/{MOULDER}/mount", {"barcode": "R/1"}, by=OPERATOR)
    await works.do("containers", {"code": "BOX-1", "location": "M1-LS"}, by=WAREHOUSE)
    packed = {"item": "PP-RESIN", "lot": "R/1", "quantity": "40"}
    await works.do("containers/BOX-1/pack", packed, by=WAREHOUSE)
    await works.count(8)
    lot = await works.get("lots/PP-RESIN/R/1")
    assert (lot["item"], lot["lot"], lot["on_hand"]) == ("PP-RESIN", "R/1", "98.000000")
    [place] = lot["at"]
    assert (place["location"], place["quantity"]) == ("M1-LS", "98.000000")
    [box] = lot["containers"]
    assert (box["container"], box["quantity"]) == ("BOX-1", "40.000000")
    assert [one["equipment"] for one in lot["mounted"]] == [MOULDER]
    assert lot["origin"]["kind"] == "receive"
    assert [one["kind"] for one in lot["last_movements"]] == ["backflush", "receive"]
    assert [one["rel"] for one in lot["links"]] == ["origins", "uses", "recall", "movements", "why"]
    for link in lot["links"]:
        answer = await works.http.get(link["href"], headers={"Authorization": "Bearer for-screens"})
        assert answer.is_success, (link, answer.text)
    [made] = await works.get("lots", item="BODY")
    body = await works.get(f"lots/BODY/{made['lot']}")
    assert (body["origin"]["kind"], body["origin"]["order"]) == ("produce", "WO-1")
    assert re.search("(?i)lot", (await _refused(works, "lots/BODY/NOTHING"))["title"])


async def _refused(works: KettleWorks, path: str) -> dict[str, str]:
    answer = await works.http.get(
        f"/api/v1/{path}", headers={"Authorization": "Bearer for-screens"}
    )
    assert answer.status_code == 404
    return answer.json()
