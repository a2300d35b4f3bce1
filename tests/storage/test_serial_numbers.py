"""Each piece of a serialised item has one number, and is followed by it into what it was built."""

from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    MASTER_DATA,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.test_issues_by_hand import bring

CORDS = {"item": "CORD", "lot": "C1", "location": "A1-LS"}


@pytest.fixture
async def numbered(works: KettleWorks) -> KettleWorks:
    """Cords and kettles have numbers; WO-1 assembles kettles; five cords lie at its line side, three numbered."""
    items = [
        item | {"serialised": item["code"] in ("CORD", "KETTLE")} for item in MASTER_DATA["items"]
    ]
    components = [
        {"item": "BODY", "quantity": "1"},
        {"item": "CORD", "quantity": "1", "measured": True},
    ]
    await bring(works, {"items": items, "bills": [{"item": "KETTLE", "components": components}]})
    await works.receive("CORD", "C1", "5", "A1-LS")
    await works.receive("BODY", "B1", "50", "A1-LS")
    await works.run_order("WO-1", item="KETTLE", unit=ASSEMBLY)
    await works.do("serials", CORDS | {"serials": ["S1", "S2", "S3"]}, by=OPERATOR)
    return works


def fit(serial: str, into: str, **more: str) -> dict[str, Any]:
    return {
        "item": "CORD", "serial": serial, "into_item": "KETTLE", "into_serial": into, **more
    }  # fmt: skip


async def kettle(works: KettleWorks, *serials: str) -> None:
    """The assembly makes as many kettles, and they get numbers."""
    await works.count(len(serials), signal="produced", unit=ASSEMBLY)
    lines = await works.get("stock", item="KETTLE")
    body = {
        "item": "KETTLE", "lot": lines[0]["lot"], "location": lines[0]["location"],
        "serials": list(serials), "number": "WO-1",
    }  # fmt: skip
    await works.do("serials", body, by=OPERATOR)


async def test_there_are_no_more_numbers_than_pieces_and_each_is_given_once(
    numbered: KettleWorks,
) -> None:
    taken = await numbered.refused("serials", CORDS | {"serials": ["S3"]}, by=OPERATOR)
    assert taken["type"] == "serial-taken"
    many = await numbered.refused("serials", CORDS | {"serials": ["S4", "S5", "S6"]}, by=OPERATOR)
    assert many["type"] == "more-serials-than-pieces"
    body = {"item": "BODY", "lot": "B1", "location": "A1-LS", "serials": ["X"]}
    assert (await numbered.refused("serials", body, by=OPERATOR))["type"] == "not-serialised"


async def test_numbered_pieces_move_by_their_numbers_only(numbered: KettleWorks) -> None:
    move = {"item": "CORD", "lot": "C1", "from_location": "A1-LS", "to_location": "WH"}
    await numbered.do("transfers", move | {"quantity": "2"}, by=WAREHOUSE)  # without numbers
    problem = await numbered.refused("transfers", move | {"quantity": "1"}, by=WAREHOUSE)
    assert problem["type"] == "serials-needed"
    body = {"item": "CORD", "serials": ["S1", "S3"], "to_location": "WH"}
    [posting] = (await numbered.do("serials/move", body, by=WAREHOUSE))["postings"]
    assert Decimal(posting["quantity"]) == 2
    there = await numbered.get("serials", location="WH")
    assert [one["serial"] for one in there] == ["S1", "S3"]
    reverse = f"movements/{posting['id']}/reverse"
    assert (await numbered.refused(reverse, {"reason": "x"}))["type"] == "not-reversible"
    await numbered.check_ledger()


async def test_a_piece_is_followed_into_what_it_was_built(numbered: KettleWorks) -> None:
    await kettle(numbered, "K1", "K2")
    path = "work-orders/WO-1/serials/build"
    posting = await numbered.do(path, fit("S1", "K1"), by=OPERATOR)
    assert (posting["kind"], posting["order"], posting["lot"]) == ("issue", "WO-1", "C1")
    again = await numbered.refused(path, fit("S1", "K2"), by=OPERATOR)
    assert again["type"] == "serial-not-there"
    trace = await numbered.get("serials/KETTLE/K1")
    assert trace["made_by"] == "WO-1"
    assert [(one["item"], one["serial"]) for one in trace["inside"]] == [("CORD", "S1")]
    cord = await numbered.get("serials/CORD/S1")
    assert (cord["state"], cord["built_into"], cord["location"]) == ("consumed", "K1", None)
    assert [event["kind"] for event in cord["history"]] == ["register", "build"]
    await numbered.check_ledger()


async def test_a_piece_is_taken_out_again(numbered: KettleWorks) -> None:
    await kettle(numbered, "K1")
    await numbered.do("work-orders/WO-1/serials/build", fit("S1", "K1"), by=OPERATOR)
    out = "work-orders/WO-1/serials/take-out"
    wrong = await numbered.refused(out, fit("S2", "K1", location="A1-LS"), by=OPERATOR)
    assert wrong["type"] == "serial-not-there"
    await numbered.do(out, fit("S1", "K1", location="A1-LS"), by=OPERATOR)
    cord = await numbered.get("serials/CORD/S1")
    assert (cord["state"], cord["location"], cord["built_into"]) == ("in_stock", "A1-LS", None)
    assert (await numbered.get("serials/KETTLE/K1"))["inside"] == []
    assert await numbered.on_hand("CORD", "A1-LS") == 5
    await numbered.check_ledger()


async def test_a_numbered_piece_is_built_out_of_the_orders_own_claim(numbered: KettleWorks) -> None:
    claim = {"item": "CORD", "quantity": "5", "location": "A1-LS"}
    await numbered.do("work-orders/WO-1/reservations", claim, by=PLANNER)
    await kettle(numbered, "K1")
    await numbered.do("work-orders/WO-1/serials/build", fit("S1", "K1"), by=OPERATOR)
    [line] = await numbered.get("stock", item="CORD", location="A1-LS")
    assert (Decimal(line["quantity"]), Decimal(line["reserved"])) == (4, 4)
    await numbered.check_ledger()


async def test_a_piece_that_is_built_in_comes_back_by_its_number_only(
    numbered: KettleWorks,
) -> None:
    await kettle(numbered, "K1")
    await numbered.do("work-orders/WO-1/serials/build", fit("S1", "K1"), by=OPERATOR)
    body = {"item": "CORD", "lot": "C1", "quantity": "1", "location": "A1-LS", "reason": "x"}
    problem = await numbered.refused("work-orders/WO-1/returns", body, by=OPERATOR)
    assert problem["type"] == "serials-needed"
    out = "work-orders/WO-1/serials/take-out"
    await numbered.do(out, fit("S1", "K1", location="A1-LS"), by=OPERATOR)
    assert await numbered.on_hand("CORD", "A1-LS") == 5
    await numbered.check_ledger()


async def test_the_history_of_a_piece_is_append_only(numbered: KettleWorks) -> None:
    async with numbered.pool.connection() as connection:
        with pytest.raises(Exception, match="append-only"):
            await connection.execute("delete from serial_event")
    assert (await numbered.post("serials/move", {}, by=LEADER)).is_client_error
