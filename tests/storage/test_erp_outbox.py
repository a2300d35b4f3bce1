"""The ERP outbox: each posting of the ledger in exactly one document, in words that an ERP system knows."""

import asyncio
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from mes_server.operations.cut_erp_documents import cut_documents
from tests.storage.kettle_works import MOULDER, OPERATOR, WAREHOUSE, KettleWorks
from tests.storage.receiver import Receiver, receiver
from tests.storage.small_plant import somebody_waits
from tests.storage.test_webhooks import until

ADMIN = {"Authorization": "Bearer for-administrators"}
B2MML = "{http://www.mesa.org/xml/B2MML}"

STRUCTURE: dict[str, list[str]] = {
    "OperationsPerformance": [
        "ID", "Description*", "Version?", "PublishedDate?", "StartTime?", "Endtime?", "HierarchyScope?",
        "OperationsType?", "OperationsScheduleID?", "PerformanceState?", "OperationsResponse+",
    ],
    "OperationsResponse": [
        "ID", "Description*", "Version?", "StartTime?", "EndTime?", "HierarchyScope?", "OperationsType?",
        "OperationsRequestID*", "SegmentRequirementID*", "OperationsDefinitionID*", "OperationsSegmentID*",
        "ResponseState?", "SegmentResponse+",
    ],
    "SegmentResponse": [
        "ID?", "Description*", "HierarchyScope?", "OperationsType?", "ProcessSegmentID*", "ActualStartTime?",
        "ActualEndTime?", "PostingDate?", "OperationsDefinitionID*", "OperationsSegmentID*", "WorkResponseID*",
        "JobResponseID*", "SegmentState?", "SegmentData*", "PersonnelActual*", "EquipmentActual*",
        "PhysicalAssetActual*", "MaterialActual*", "SegmentResponse*",
    ],
    "SegmentData": ["ID", "Description*", "HierarchyScope?", "Value*", "SegmentData*"],
    "PersonnelActual": ["PersonnelClassID*", "PersonID*", "Description*", "PersonnelUse?", "Quantity*"],
    "EquipmentActual": ["EquipmentClassID*", "EquipmentID*", "Description*", "EquipmentUse?", "Quantity*"],
    "MaterialActual": [
        "MaterialClassID*", "MaterialDefinitionID*", "MaterialLotID*", "MaterialSubLotID*", "Description*",
        "MaterialUse?", "SpatialDefinition?", "StorageLocation?", "Quantity*", "AssemblyActual*", "AssemblyType?",
        "AssemblyRelationship?", "HierarchyScope?", "TestSpecificationID*", "MaterialActualProperty*",
    ],
    "MaterialActualProperty": ["ID", "Description*", "Value*", "Quantity*"],
    "Value": ["ValueString", "DataType?", "UnitOfMeasure?", "Key?"],
    "Quantity": ["QuantityString", "DataType?", "UnitOfMeasure?", "Key?"],
    "HierarchyScope": ["EquipmentID", "EquipmentElementLevel", "HierarchyScope?"],
}  # fmt: skip
"""Element -> its parts in their order, from B2MML V0701 (OperationsPerformance and its types): `?` once at most, `*` any
number, `+` at least one, else exactly one."""


def faults_of(element: Element) -> list[str]:
    """What in an element is not as B2MML has it."""
    name = element.tag.removeprefix(B2MML)
    parts = [part.tag.removeprefix(B2MML) for part in element]
    if name not in STRUCTURE:
        return [f"{name} has parts"] if parts else [] if element.text else [f"{name} is empty"]
    faults: list[str] = []
    left = list(parts)
    for rule in STRUCTURE[name]:
        wanted, often = (rule[:-1], rule[-1]) if rule[-1] in "?*+" else (rule, "")
        count = 0
        while left and left[0] == wanted:
            left.pop(0)
            count += 1
        if (often in ("", "+") and count == 0) or (often in ("", "?") and count > 1):
            faults.append(f"{name}: {wanted} {count} times")
    faults += [f"{name}: {part} out of place" for part in left[:1]]
    return faults + [fault for part in element for fault in faults_of(part)]


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


async def ask(works: KettleWorks, method: str, path: str, body: Any = None) -> Any:
    headers = {**ADMIN, "Idempotency-Key": str(uuid.uuid4())}
    answer = await works.http.request(method, f"/api/v1/{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def run_a_shift(works: KettleWorks) -> None:
    """Resin comes, twenty bodies are made of it, two are scrapped, and some resin is moved."""
    await works.receive("PP-RESIN", "R1", "60", "M1-LS")
    await works.run_order("WO-1")
    await works.count(20)
    await works.do("work-orders/WO-1/scrap", {"quantity": "2", "reason": "flash"}, by=OPERATOR)
    await works.do(
        "transfers",
        {
            "item": "PP-RESIN",
            "lot": "R1",
            "quantity": "5",
            "from_location": "M1-LS",
            "to_location": "WH",
        },
        by=WAREHOUSE,
    )


async def ledger(works: KettleWorks) -> tuple[int, Decimal]:
    async with works.pool.connection() as connection:
        cursor = await connection.execute(
            "select count(*), coalesce(sum(quantity), 0) from movement"
        )
        row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1]


async def check_reconciled(works: KettleWorks) -> None:
    """The documents are the ledger: postings and quantities, in all and by item and way."""
    totals = await ask(works, "GET", "erp/totals")
    assert (totals["postings"], Decimal(totals["quantity"])) == await ledger(works)
    told: dict[tuple[str, str, str], Decimal] = {}
    after = 0
    while page := await ask(works, "GET", f"erp/documents?after={after}&limit=2"):
        for document in page:
            after = document["sequence"]
            for one in document["document"]["materials"]:
                way = (one["item"], one["from_location"], one["to_location"])
                told[way] = told.get(way, Decimal(0)) + abs(Decimal(one["quantity"]))
    async with works.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select i.code, f.code, t.code, sum(m.quantity) from movement m join item i on i.id = m.item_id "
                "join location f on f.id = m.from_id join location t on t.id = m.to_id group by 1, 2, 3"
            )
        ).fetchall()
    assert told == {(item, origin, target): quantity for item, origin, target, quantity in rows}


async def test_the_documents_say_what_was_made_used_received_and_moved(works: KettleWorks) -> None:
    await run_a_shift(works)
    assert (await ask(works, "POST", "erp/documents"))["documents"] == 3
    receipt, production, inventory = await ask(works, "GET", "erp/documents")
    assert [one["kind"] for one in (receipt, production, inventory)] == [
        "receipt", "production", "inventory",
    ]  # fmt: skip
    body = production["document"]
    assert (body["work_order"], body["operation"], body["equipment"]) == ("WO-1", 10, [MOULDER])
    assert (body["progress"]["good"], body["progress"]["scrap"]) == ("18", "2")
    said = {(one["use"], one["item"]): one["quantity"] for one in body["materials"]}
    assert (said["produced", "BODY"], said["consumed", "PP-RESIN"]) == ("20", "5")
    assert receipt["document"]["materials"][0]["quantity"] == "60"
    assert len({one["id"] for one in (receipt, production, inventory)}) == 3
    await check_reconciled(works)


async def test_nothing_is_told_twice_and_what_follows_is_a_new_document(works: KettleWorks) -> None:
    await run_a_shift(works)
    await ask(works, "POST", "erp/documents")
    assert (await ask(works, "POST", "erp/documents"))["documents"] == 0
    await works.count(5)
    assert (await ask(works, "POST", "erp/documents"))["documents"] == 1
    [first, second] = await ask(works, "GET", "erp/documents?order=WO-1")
    assert second["sequence"] > first["sequence"]
    assert second["document"]["progress"]["good"] == "23"
    await check_reconciled(works)


async def test_a_posting_that_commits_late_is_not_passed_over(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "5", "WH")
    await works.receive("CORD", "C2", "5", "WH")
    late = (
        "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at) "
        "select kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at from movement order by id limit 1"
    )
    async with works.pool.connection() as slow, slow.transaction():
        await slow.execute(late)
        await works.receive("CORD", "C3", "5", "WH")
        for _ in range(3):
            await ask(works, "POST", "erp/documents")
        assert (await ask(works, "GET", "erp/totals"))["postings"] == 3
    for _ in range(3):
        await ask(works, "POST", "erp/documents")
    await works.receive("CORD", "C4", "5", "WH")
    await ask(works, "POST", "erp/documents")
    totals = await ask(works, "GET", "erp/totals")
    assert totals["postings"] == (await ledger(works))[0] == 5


async def test_two_that_cut_at_once_cut_each_posting_once(works: KettleWorks) -> None:
    await run_a_shift(works)
    server = works.app.state.server
    async with works.pool.connection() as blocking, blocking.transaction():
        await blocking.execute("select 1 from erp_cursor for update")
        cuts = [
            asyncio.create_task(cut_documents(works.pool, now=works.clock.at, mint=server.mint))
            for _ in range(4)
        ]
        await somebody_waits(works.pool)
    assert sorted(await asyncio.gather(*cuts)) == [0, 0, 0, 3]
    await check_reconciled(works)


async def test_the_xml_has_the_structure_of_b2mml(works: KettleWorks) -> None:
    await run_a_shift(works)
    await ask(works, "POST", "erp/documents")
    for document in await ask(works, "GET", "erp/documents"):
        answer = await works.http.get(f"/api/v1/erp/documents/{document['id']}.xml", headers=ADMIN)
        assert answer.headers["content-type"] == "application/xml"
        root = fromstring(answer.content)
        assert root.tag == f"{B2MML}OperationsPerformance"
        assert faults_of(root) == []
        assert root.findtext(f"{B2MML}ID") == document["id"]
        actuals = root.findall(f".//{B2MML}MaterialActual")
        shown = sorted(
            one.findtext(f"{B2MML}Quantity/{B2MML}QuantityString") or "" for one in actuals
        )
        assert shown == sorted(one["quantity"] for one in document["document"]["materials"])
        if document["kind"] == "production":
            assert root.findtext(f".//{B2MML}OperationsRequestID") == "WO-1"


def test_the_check_of_the_structure_finds_faults() -> None:
    start = f'<OperationsPerformance xmlns="{B2MML[1:-1]}"><ID>1</ID>'
    response = "<OperationsResponse><ID>1</ID><SegmentResponse><ID>1</ID></SegmentResponse></OperationsResponse>"
    end = "</OperationsPerformance>"
    assert faults_of(fromstring(start + response + end)) == []
    assert faults_of(fromstring(start + end)) == [
        "OperationsPerformance: OperationsResponse 0 times"
    ]
    assert faults_of(fromstring(start + response + "<Version>1</Version>" + end)) == [
        "OperationsPerformance: Version out of place"
    ]
    assert faults_of(fromstring(start + response.replace("<ID>1</ID>", "<Id>1</Id>") + end))


async def test_the_erp_system_pulls_and_acknowledges_by_its_own_token(works: KettleWorks) -> None:
    await run_a_shift(works)
    await ask(works, "POST", "erp/documents")
    token = (await ask(works, "POST", "tokens", {"name": "sap", "scopes": ["erp"]}))["secret"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    page = await works.http.get("/api/v1/erp/documents?limit=2", headers=headers)
    assert page.headers["Lineside-Next"] == str(page.json()[-1]["sequence"])
    through = {"through": page.json()[-1]["sequence"]}
    answer = await works.http.post("/api/v1/erp/acknowledgements", json=through, headers=headers)
    assert answer.json() == {**through, "acknowledged": 2}
    [left] = (
        await works.http.get("/api/v1/erp/documents?acknowledged=false", headers=headers)
    ).json()
    assert left["kind"] == "inventory"
    reader = (await ask(works, "POST", "tokens", {"name": "board", "scopes": ["read"]}))["secret"]
    refused = await works.http.get(
        "/api/v1/erp/documents", headers={"Authorization": f"Bearer {reader}"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_documents_are_pushed_signed_in_their_order(
    works: KettleWorks, there: Receiver, form: str
) -> None:
    body = {"name": "erp", "url": there.url, "topics": ["erp-document"], "format": form}
    hook = await ask(works, "POST", "webhooks", body)
    await run_a_shift(works)
    await ask(works, "POST", "erp/documents")
    await until(lambda: len(there.taken) == 3)
    documents = await ask(works, "GET", "erp/documents")
    assert [got.id for got in there.taken] == [f"erp_{one['id']}" for one in documents]
    assert all(got.is_signed_with(hook["secret"]) for got in there.taken)
    if form == "xml":
        assert faults_of(fromstring(there.taken[0].body)) == []
    else:
        assert [got.message["data"]["sequence"] for got in there.taken] == [
            one["sequence"] for one in documents
        ]


async def test_an_erp_system_that_was_away_for_long_gets_every_document_in_order_and_again_on_request(
    works: KettleWorks, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mes_server.operations.tell_webhooks.PENDING_MAX", 2)
    body = {"name": "erp", "url": there.url, "topics": ["stock", "erp-document"], "format": "json"}
    hook = await ask(works, "POST", "webhooks", body)
    there.status = 503
    for number in range(6):
        await works.receive("CORD", f"C-{number}", "1", "WH")
        await ask(works, "POST", "erp/documents")
        works.pass_time(hours=1)

    async def relieved() -> bool:
        waiting = await ask(works, "GET", f"webhooks/{hook['id']}/messages?pending=true")
        topics = [one["topic"] for one in waiting]
        return topics.count("erp-document") == 6 and "reset" in topics

    await until(relieved)
    there.status = 200
    await ask(works, "POST", f"webhooks/{hook['id']}/resume")

    def documents() -> list[int]:
        told = [got.message for got in there.taken]
        return [one["data"]["sequence"] for one in told if one["type"] == "erp-document"]

    await until(lambda: len(documents()) == 6)
    assert documents() == sorted(documents())
    first = [got.id for got in there.taken if got.message["type"] == "erp-document"]
    asked = {"webhook": hook["id"], "after": documents()[2]}
    assert await ask(works, "POST", "erp/resend", asked) == {
        "documents": 3,
        "through": documents()[5],
    }
    await until(lambda: len(documents()) == 9)
    assert documents()[6:] == documents()[3:6]
    again = [got.id for got in there.taken if got.message["type"] == "erp-document"]
    assert again[6:] == first[3:]
