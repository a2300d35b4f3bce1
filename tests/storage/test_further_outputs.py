"""Co- and by-products follow the good pieces: through scrap entries, machine rejects, and bills that are frozen anew."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import (
    ASSEMBLY,
    MOULDER,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
    named,
)
from tests.storage.routed_orders import put_master_data

ITEMS = [
    {"code": "SPRUE", "name": named("Sprue"), "unit": "kg", "procurement": "make"},
    {"code": "LID", "name": named("Lid"), "unit": "pcs", "procurement": "make"},
]
FLASH = {"quantity": "10", "reason": "flash"}


def bill(revision: str, *outputs: dict[str, Any], item: str = "BODY") -> dict[str, Any]:
    component = "PP-RESIN" if item == "BODY" else "CORD"
    return {
        "item": item,
        "revision": revision,
        "base_quantity": "100",
        "components": [{"item": component, "quantity": "25"}],
        "outputs": list(outputs),
    }


SPRUE = {"item": "SPRUE", "quantity": "1.5", "location": "WH"}
LID = {"item": "LID", "quantity": "100", "kind": "co", "location": "WH"}


async def outputs(works: KettleWorks) -> dict[str, tuple[Decimal, Decimal]]:
    """Item -> (posted, due)."""
    rows = await works.get("work-orders/WO-1/outputs")
    found = {row["item"]: (Decimal(row["posted"]), Decimal(row["due"])) for row in rows}
    for item, (posted, _) in found.items():
        assert await works.on_hand(item, "WH") + await works.on_hand(item, "FG") == posted
    return found


async def test_scrapped_pieces_take_back_what_came_out_with_them_and_a_reversal_brings_it_again(
    works: KettleWorks,
) -> None:
    await put_master_data(works, items=ITEMS, bills=[bill("A", SPRUE, LID)])
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)
    report = await works.do("work-orders/WO-1/scrap", FLASH, by=OPERATOR)
    assert await outputs(works) == {
        "SPRUE": (Decimal("0.45"), Decimal("0.45")),
        "LID": (30, 30),
    }
    await works.do(f"scrap-reports/{report['id']}/reverse", by=OPERATOR)
    assert (await outputs(works))["LID"] == (40, 40)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90  # produced is what consumes, not good
    await works.check_ledger()


async def test_what_is_gone_stays_posted_and_counts_for_the_next_good_pieces(
    works: KettleWorks,
) -> None:
    await put_master_data(works, items=ITEMS, bills=[bill("A", LID)])
    await works.run_order("WO-1")
    await works.count(40)
    move = {"item": "LID", "lot": "WO-1", "quantity": "36", "from_location": "WH"}
    await works.do("transfers", move | {"to_location": "FG"}, by=WAREHOUSE)
    await works.do("work-orders/WO-1/scrap", FLASH, by=OPERATOR)
    assert await outputs(works) == {"LID": (36, 30)}
    await works.count(8)
    assert await outputs(works) == {"LID": (38, 38)}
    await works.check_ledger()


async def test_rejects_of_pieces_booked_as_good_take_it_back_too(works: KettleWorks) -> None:
    await put_master_data(works, items=ITEMS, bills=[bill("A", LID, item="KETTLE")])
    await works.run_order("WO-1", item="KETTLE", unit=ASSEMBLY)
    await works.count(20, signal="produced", unit=ASSEMBLY)
    assert await outputs(works) == {"LID": (20, 20)}
    await works.count(3, signal="scrap", unit=ASSEMBLY)
    assert await outputs(works) == {"LID": (17, 17)}
    await works.check_ledger()


async def test_a_refreeze_changes_what_comes_out_besides_from_the_good_pieces_on(
    works: KettleWorks,
) -> None:
    await put_master_data(works, items=ITEMS, bills=[bill("A", SPRUE)])
    await works.run_order("WO-1")
    await works.count(40)
    more = SPRUE | {"quantity": "3"}
    await put_master_data(works, bills=[bill("B", more, LID)])
    shown = await works.get("work-orders/WO-1/refreeze")
    assert [(one["item"], one["kind"], one["before"], one["after"]) for one in shown] == [
        ("LID", "added", "", "100 for 100 good, co-product"),
        ("SPRUE", "changed", "1.5 for 100 good, by-product", "3 for 100 good, by-product"),
    ]
    await works.do("work-orders/WO-1/refreeze", {"reason": "B"}, by=PLANNER)
    assert await outputs(works) == {"SPRUE": (Decimal("0.6"), Decimal("0.6")), "LID": (0, 0)}
    before = {
        "quantity": "30",
        "reason": "flash",
    }  # they were made before: each of them brought 0.015
    report = await works.do("work-orders/WO-1/scrap", before, by=OPERATOR)
    assert await outputs(works) == {"SPRUE": (Decimal("0.15"), Decimal("0.15")), "LID": (0, 0)}
    await works.do(f"scrap-reports/{report['id']}/reverse", by=OPERATOR)
    assert await outputs(works) == {"SPRUE": (Decimal("0.6"), Decimal("0.6")), "LID": (0, 0)}
    await works.count(20)
    assert await outputs(works) == {"SPRUE": (Decimal("1.2"), Decimal("1.2")), "LID": (20, 20)}
    await put_master_data(works, bills=[bill("C", LID)])
    await works.do("work-orders/WO-1/refreeze", {"reason": "C"}, by=PLANNER)
    await works.count(10)
    assert await outputs(works) == {"SPRUE": (Decimal("1.2"), Decimal("1.2")), "LID": (30, 30)}
    assert (await works.order("WO-1"))["bill_revision"] == "C"
    assert (await works.order("WO-1"))["equipment"] == MOULDER
    await works.check_ledger()
