"""Imports from CSV and Excel: understood whatever office they come from, judged row by row, taken whole, and undone."""

import uuid
from datetime import date
from io import BytesIO
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from tests.storage.kettle_works import LEADER, MOULDER, OPERATOR, PLANNER, WAREHOUSE, KettleWorks
from tests.storage.test_people_and_rights import audit

ITEMS = "Artikelnummer;Bezeichnung;Einheit;Beschaffungsart;Standardpreis\n"


async def bring(
    works: KettleWorks,
    kind: str,
    content: str | bytes,
    *,
    by: str = PLANNER,
    source: str = "",
    filename: str = "file.csv",
    language: str = "en",
) -> httpx.Response:
    return await works.http.post(
        "/api/v1/imports",
        params={"kind": kind, "filename": filename, "source": source},
        content=content.encode() if isinstance(content, str) else content,
        headers={
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(uuid.uuid4()),
            "Lineside-Badge": by,
            "Accept-Language": language,
        },
    )


async def brought(
    works: KettleWorks, kind: str, content: str | bytes, **how: Any
) -> dict[str, Any]:
    answer = await bring(works, kind, content, **how)
    assert answer.is_success, answer.text
    return answer.json()


async def see(works: KettleWorks, path: str, *, language: str = "en", **parameters: str) -> Any:
    answer = await works.http.get(
        f"/api/v1/{path}",
        params=parameters,
        headers={
            "Authorization": "Bearer for-screens",
            "Lineside-Badge": PLANNER,
            "Accept-Language": language,
        },
    )
    assert answer.is_success, answer.text
    return answer.json()


async def value(works: KettleWorks, query: str) -> Any:
    async with works.pool.connection() as connection:
        row = await (await connection.execute(query)).fetchone()  # pyright: ignore
    return row and row[0]


async def test_a_german_file_is_understood_judged_taken_and_undone(works: KettleWorks) -> None:
    text = (
        ITEMS
        + "LID;Deckel groß;pcs;F;1,25\nCORD;Cord set;pcs;Kauf;0,80\nBODY;Kettle body;pcs;E;0\n"
    )
    found = await brought(works, "items", text.encode("cp1252"))
    assert (found["encoding"], found["delimiter"], found["missing"]) == ("cp1252", ";", [])
    assert found["counts"] == {"new": 1, "change": 1, "unchanged": 1, "error": 0}
    rows = await see(works, f"imports/{found['id']}/rows")
    assert [(row["number"], row["verdict"]) for row in rows] == [
        (2, "new"), (3, "change"), (4, "unchanged"),
    ]  # fmt: skip
    assert rows[1]["changes"] == [{"field": "standard_cost", "before": "0", "after": "0.8"}]
    assert await value(works, "select count(*) from item") == 4
    done = await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    assert (done["state"], done["committed_by"]) == ("committed", "Planner One")
    assert await value(works, "select name ->> 'en' from item where code = 'LID'") == "Deckel groß"
    assert (
        await value(works, "select standard_cost::text from item where code = 'CORD'") == "0.800000"
    )
    await works.do(f"imports/{found['id']}/undo", by=PLANNER)
    assert await value(works, "select count(*) from item") == 4
    assert (
        await value(works, "select standard_cost::text from item where code = 'CORD'") == "0.000000"
    )
    assert (
        await value(works, "select name ->> 'zh' from item where code = 'CORD'") == "Cord set（中）"
    )


async def test_a_chinese_file_in_gb18030_is_understood(works: KettleWorks) -> None:
    text = "物料编码,物料名称,计量单位,采购类型,标准成本\nLID,壶盖,个,外购,1.5\nHANDLE,手柄,个,自制,2\n"
    found = await brought(works, "items", text.encode("gb18030"))
    assert (found["encoding"], found["counts"]["new"]) == ("gb18030", 2)
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    assert await value(works, "select name ->> 'zh' from item where code = 'LID'") == "壶盖"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_marks_and_encodings_of_unicode_are_seen(works: KettleWorks, encoding: str) -> None:
    text = "Code\tName\tUnit\tMake or buy\nLID\tDéckel 盖\tpcs\tbuy\n"
    found = await brought(works, "items", text.encode(encoding))
    assert (found["delimiter"], found["counts"]["new"]) == ("\t", 1)
    [row] = await see(works, f"imports/{found['id']}/rows")
    assert row["given"]["name_en"] == "Déckel 盖"


async def test_a_workbook_keeps_its_numbers_dates_and_leading_zeros(works: KettleWorks) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Material", "Charge", "Menge", "Lagerort", "MHD"])
    sheet.append(["CORD", "0042", 12.5, "WH", date(2027, 1, 31)])
    sheet.append(["PP-RESIN", 4711, 100, "WH", None])
    file = BytesIO()
    book.save(file)
    found = await brought(works, "lots", file.getvalue(), filename="Bestand.xlsx")
    assert (found["format"], found["counts"]["new"]) == ("xlsx", 2)
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    [line] = await works.get("stock", item="CORD")
    assert (line["lot"], line["quantity"], line["expires_on"]) == (
        "0042",
        "12.500000",
        "2027-01-31",
    )
    assert [row["lot"] for row in await works.get("stock", item="PP-RESIN")] == ["4711"]
    await works.check_ledger()


async def test_what_is_wrong_is_said_by_row_and_column_in_the_readers_language(
    works: KettleWorks,
) -> None:
    text = (
        ITEMS
        + "LID;Lid;pcs;vielleicht;abc\n;Lid;pcs;F;1\nÄ-1;Lid;pcs;F;1\nX;Lid;pcs;F;-1\nY;;pcs;F;1\nCUP;Cup;pcs;F;1\nCUP;Cup;pcs;F;1\n"
    )
    found = await brought(works, "items", text)
    assert found["counts"] == {"new": 1, "change": 0, "unchanged": 0, "error": 6}
    rows = await see(works, f"imports/{found['id']}/rows", verdict="error")
    faults = {row["number"]: [(f["column"], f["detail"]) for f in row["faults"]] for row in rows}
    assert faults[2] == [
        ("Beschaffungsart", "It must be one of buy, make."),
        ("Standardpreis", "This is no number. Write it like 12,5."),
    ]
    assert faults[3] == [("Artikelnummer", "It is empty; every row needs it.")]
    assert "begins with a letter or digit" in faults[4][0][1]
    assert faults[5] == [("Standardpreis", "It must be at least 0.")]
    assert faults[6] == [("Bezeichnung", "It has no name.")]
    assert faults[8] == [("", "Line 7 is about the same thing.")]
    chinese = await see(works, f"imports/{found['id']}/rows", language="zh", verdict="error")
    assert chinese[0]["faults"][1]["detail"] == "不是数字。请写成 12,5。"
    refused = await works.refused(f"imports/{found['id']}/commit", by=PLANNER)
    assert refused["type"] == "rows-wrong"
    assert await value(works, "select count(*) from item") == 4


async def test_unknown_titles_are_mapped_once_and_remembered_for_the_source(
    works: KettleWorks,
) -> None:
    text = "Col A,Col B,Unit,Col D,Junk\nLID,Lid,pcs,buy,x\n"
    found = await brought(works, "items", text, source="old ERP")
    assert (found["state"], found["missing"]) == ("uploaded", ["code", "procurement", "name_en"])
    refused = await works.refused(f"imports/{found['id']}/check", by=PLANNER)
    assert refused["type"] == "columns-missing"
    columns = {"Col A": "code", "Col B": "name_en", "Col D": "procurement", "Junk": None}
    answer = await works.http.put(
        f"/api/v1/imports/{found['id']}/mapping",
        json={"columns": columns},
        headers={
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(uuid.uuid4()),
            "Lineside-Badge": PLANNER,
        },
    )
    assert answer.json()["counts"]["new"] == 1, answer.text
    again = await brought(works, "items", text, source="old ERP")
    assert again["counts"]["new"] == 1
    other = await brought(works, "items", text, source="elsewhere")
    assert other["state"] == "uploaded"


async def test_a_bill_is_taken_whole_and_given_back_whole(works: KettleWorks) -> None:
    text = "Parent,Component,Qty,Scrap %\nKETTLE,BODY,1,0\nKETTLE,PP-RESIN,0.02,3\n"
    found = await brought(works, "bills", text)
    rows = await see(works, f"imports/{found['id']}/rows")
    assert [row["verdict"] for row in rows] == ["change", "new"]
    assert rows[0]["changes"] == [{"field": "components", "before": "CORD", "after": None}]
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    parts = "select string_agg(i.code, ' ' order by i.code) from bill_component c join item i on i.id = c.item_id join bill_of_material b on b.id = c.bill_id join item h on h.id = b.item_id where h.code = 'KETTLE'"
    assert await value(works, parts) == "BODY PP-RESIN"
    await works.do(f"imports/{found['id']}/undo", by=PLANNER)
    assert await value(works, parts) == "BODY CORD"


async def test_a_bill_that_leads_back_to_itself_is_an_error(works: KettleWorks) -> None:
    found = await brought(works, "bills", "Parent,Component,Qty\nBODY,KETTLE,1\nBODY,NIL,1\n")
    rows = await see(works, f"imports/{found['id']}/rows")
    assert rows[1]["faults"][0]["detail"] == "There is no such item. Import or create it first."
    found = await brought(works, "bills", "Parent,Component,Qty\nBODY,KETTLE,1\n")
    [row] = await see(works, f"imports/{found['id']}/rows")
    assert "contains itself" in row["faults"][0]["detail"]


async def test_orders_come_with_the_rights_and_rules_of_orders(works: KettleWorks) -> None:
    text = (
        "Auftrag;Artikel;Menge;Maschine;Termin\n"
        f"WO-1;BODY;1.000;{MOULDER};31.03.2026\nWO-2;CORD;5;{MOULDER};2026-03-31 14:00\nWO-3;BODY;5;nowhere;31.03.2026\n"
    )
    found = await brought(works, "orders", text)
    rows = await see(works, f"imports/{found['id']}/rows")
    assert [row["verdict"] for row in rows] == ["new", "error", "error"]
    assert rows[0]["given"]["due_at"] == "2026-03-31T15:59:00+00:00"
    good = await brought(works, "orders", text.split("WO-2")[0])
    await works.do(f"imports/{good['id']}/commit", by=PLANNER)
    card = await works.order("WO-1")
    assert (card["target"], card["state"]) == ("1000", "not_allowed_to_start")
    again = await brought(works, "orders", text.split("WO-2")[0])
    assert again["counts"]["unchanged"] == 1
    await works.do(f"imports/{good['id']}/undo", by=PLANNER)
    assert (await works.order("WO-1"))["state"] == "aborted"


async def test_an_import_that_was_used_stays_and_says_why(works: KettleWorks) -> None:
    found = await brought(works, "items", ITEMS + "LID;Lid;pcs;F;1\n")
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    await works.receive("LID", "L1", "5", "WH")
    refused = await works.refused(f"imports/{found['id']}/undo", by=PLANNER)
    assert (refused["type"], "LID" in refused["title"]) == ("import-used", True)
    assert refused["detail"].startswith("Something refers to it.")
    lots = await brought(works, "lots", "item,lot,qty,location\nCORD,C1,5,WH\n")
    await works.do(f"imports/{lots['id']}/commit", by=PLANNER)
    await works.do(
        "transfers",
        {
            "item": "CORD",
            "lot": "C1",
            "quantity": "1",
            "from_location": "WH",
            "to_location": "A1-LS",
        },
        by=WAREHOUSE,
    )
    refused = await works.refused(f"imports/{lots['id']}/undo", by=PLANNER)
    assert refused["detail"].startswith("It was moved or consumed.")


async def test_lots_that_nobody_touched_go_back_by_mirrored_postings(works: KettleWorks) -> None:
    lots = await brought(works, "lots", "item,lot,qty,location\nCORD,C1,5,WH\nCORD,C2,7,WH\n")
    await works.do(f"imports/{lots['id']}/commit", by=PLANNER)
    assert await works.on_hand("CORD", "WH") == 12
    again = await brought(works, "lots", "item,lot,qty,location\nCORD,C1,5,WH\nCORD,C2,8,WH\n")
    assert (again["counts"]["unchanged"], again["counts"]["error"]) == (1, 1)
    await works.do(f"imports/{lots['id']}/undo", by=PLANNER)
    assert await works.on_hand("CORD", "WH") == 0
    assert (await works.refused(f"imports/{lots['id']}/undo", by=PLANNER))["type"] == "import-state"
    await works.check_ledger()


async def test_places_may_lie_in_places_of_the_same_file(works: KettleWorks) -> None:
    text = "库位编码,库位名称,类型,上级库位\nWH2,二号库,仓库,\nWH2-A,A货位,货位,WH2\nSUPPLIER,x,仓库,\n"
    found = await brought(works, "locations", text, language="zh")
    assert (found["counts"]["new"], found["counts"]["error"]) == (2, 1)
    found = await brought(works, "locations", text.split("SUPPLIER")[0])
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    parent = (
        "select p.code from location l join location p on p.id = l.parent_id where l.code = 'WH2-A'"
    )
    assert await value(works, parent) == "WH2"


async def test_only_those_who_may_bring_files_and_every_step_is_in_the_log(
    works: KettleWorks,
) -> None:
    for badge in (OPERATOR, LEADER):
        assert (await bring(works, "items", ITEMS, by=badge)).json()["type"] == "role-missing"
    found = await brought(works, "items", ITEMS + "LID;Lid;pcs;F;1\n", filename="neu.csv")
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    [line] = await audit(works, kind="bring-import", outcome="done")
    assert (line["person"], line["target"]) == ("Planner One", "neu.csv")
    [listed] = await see(works, "imports", kind="items")
    assert (listed["created_by"], listed["state"]) == ("Planner One", "committed")
    file = await works.http.get(
        f"/api/v1/imports/{found['id']}/file",
        headers={"Authorization": "Bearer for-screens", "Lineside-Badge": PLANNER},
    )
    assert file.text == ITEMS + "LID;Lid;pcs;F;1\n"


@pytest.mark.parametrize(
    ("content", "type"),
    [
        (b"", "file-unreadable"),
        (b"\x00\x01\x02", "file-unreadable"),
        (b"PK\x03\x04 no zip", "file-unreadable"),
        (b"a,b\n" + b"1,2\n" * 20_001, "file-too-large"),
        (b"x" * 10_000_001, "file-too-large"),
    ],
)
async def test_what_is_no_table_or_too_large_is_refused(
    works: KettleWorks, content: bytes, type: str
) -> None:
    assert (await bring(works, "items", content)).json()["type"] == type


async def test_a_routing_is_taken_whole_and_given_back_whole(works: KettleWorks) -> None:
    head = "Artikel;Vorgang;Bezeichnung;Maschine;Rüstzeit;Stückzeit\n"
    found = await brought(works, "routings", head + f"BODY;10;Moulding;{MOULDER};60;12,5\n")
    assert found["counts"]["new"] == 1, found
    await works.do(f"imports/{found['id']}/commit", by=PLANNER)
    text = head + f"BODY;10;Moulding;{MOULDER};60;11\nBODY;20;Look;nowhere;0;1\n"
    wrong = await brought(works, "routings", text)
    assert wrong["counts"] == {"new": 0, "change": 1, "unchanged": 0, "error": 1}
    faster = await brought(works, "routings", text.split("BODY;20")[0])
    await works.do(f"imports/{faster['id']}/commit", by=PLANNER)
    [routing] = await works.get("routings", item="BODY")
    assert float(routing["operations"][0]["run_s"]) == 11
    await works.do(f"imports/{faster['id']}/undo", by=PLANNER)
    [routing] = await works.get("routings", item="BODY")
    assert float(routing["operations"][0]["run_s"]) == 12.5
    await works.do(f"imports/{found['id']}/undo", by=PLANNER)
    assert await works.get("routings", item="BODY") == []
