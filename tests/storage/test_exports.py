"""Every list as a file: the same rows, rights and filters, and nothing in it that a spreadsheet would execute."""

import csv
from io import BytesIO, StringIO
from typing import Any

import httpx
from openpyxl import load_workbook

from tests.storage.kettle_works import LEADER, WAREHOUSE, KettleWorks

SCREENS = {"Authorization": "Bearer for-screens"}
ADMIN = {"Authorization": "Bearer for-administrators"}


async def export(
    works: KettleWorks, path: str, *, headers: dict[str, str] = SCREENS, **parameters: str
) -> httpx.Response:
    return await works.http.get(f"/api/v1/exports/{path}", params=parameters, headers=headers)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.is_success, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def sheet(answer: httpx.Response) -> list[tuple[Any, ...]]:
    assert answer.is_success, answer.text
    book = load_workbook(BytesIO(answer.content))
    return list(book.worksheets[0].iter_rows(values_only=True))


async def test_a_file_has_every_page_of_its_list_and_the_filters_hold(works: KettleWorks) -> None:
    for number in range(7):
        await works.receive("CORD", f"C{number}", "2.5", "WH")
    await works.receive("PP-RESIN", "0042", "1", "WH")
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into lot (item_id, code, received_at) select 1, 'X' || g, now() from generate_series(1, 1200) g"
        )
        await connection.execute(
            "insert into balance (item_id, lot_id, location_id, quantity, physical) "
            "select t.item_id, t.id, l.id, 1, true from lot t, location l where t.code like 'X%' and l.code = 'WH'"
        )
    assert len(table(await export(works, "stock"))) == 1208
    rows = table(await export(works, "stock", item="CORD", location="WH"))
    assert [row["lot"] for row in rows] == [f"C{number}" for number in range(7)]
    assert (rows[0]["item_name_en"], rows[0]["item_name_zh"]) == ("Cord set", "Cord set（中）")
    assert len(sheet(await export(works, "stock", format="xlsx"))) == 1209


async def test_numbers_are_numbers_and_codes_keep_their_zeros(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "0042", "12.5", "WH")
    titles, row = sheet(await export(works, "stock", format="xlsx"))
    found = dict(zip(titles, row, strict=True))
    assert (found["lot"], found["quantity"]) == ("0042", 12.5)


async def test_nothing_in_a_file_is_a_formula(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "5", "WH")
    evil = '=HYPERLINK("x","y")'
    await works.do(
        "transfers",
        {
            "item": "CORD", "lot": "C1", "quantity": "1", "from_location": "WH", "to_location": "A1-LS",
            "reason": evil,
        },
        by=WAREHOUSE,
    )  # fmt: skip
    [_, moved] = table(await export(works, "movements", item="CORD"))
    assert moved["reason"] == f"'{evil}"
    titles, _, row = sheet(await export(works, "movements", item="CORD", format="xlsx"))
    assert dict(zip(titles, row, strict=True))["reason"] == evil
    book = load_workbook(BytesIO((await export(works, "movements", format="xlsx")).content))
    kinds = {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line}
    assert "f" not in kinds


async def test_a_file_needs_the_rights_of_its_list(works: KettleWorks) -> None:
    refused = await export(works, "audit", headers={**SCREENS, "Lineside-Badge": LEADER})
    assert refused.status_code == 403
    assert refused.json()["type"] == "role-missing"
    assert table(await export(works, "audit", headers=ADMIN, kind="apply-master-data"))
    assert (await export(works, "audit", headers={"Authorization": "Bearer x"})).status_code == 401


# What a list cannot do without.
ASKED_FOR = {"stock/as-of": {"at": "2026-11-20T06:00:00Z"}, "stock/totals": {"location": "M1-LS"}}


async def test_whatever_comes_in_pages_can_be_had_as_a_file(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.receive("PP-RESIN", "R1", "30", "M1-LS")
    lists = (await works.http.get("/api/v1/exports", headers=ADMIN)).json()
    names = {one["path"] for one in lists}
    assert {"stock", "movements", "work-orders", "replenishments", "shortages", "audit"} <= names
    assert {"people", "tokens", "imports", "scrap-reports", "reports/abc", "job-orders"} <= names
    for one in lists:
        if "{" in one["path"]:
            continue
        answer = await export(works, one["path"], headers=ADMIN, **ASKED_FOR.get(one["path"], {}))
        assert answer.is_success, (one["path"], answer.text)
        titles = answer.content.decode("utf-8-sig").split("\r\n")[0].split(",")
        assert titles == one["columns"]
    assert (await export(works, "nothing", headers=ADMIN)).status_code == 404
