"""Which lots went into which, both ways, and what a recall must find: read from the ledger, nothing lost on the way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.fact import MeasurementFact
from mes_server.storage import genealogy
from mes_server.storage.database import open_pool
from mes_server.storage.genealogy import Direction, Tree
from tests.storage.kettle_works import (
    ASSEMBLY,
    MOULDER,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.small_plant import ASSEMBLY as LINE_2
from tests.storage.small_plant import PRESS, SETUP, T0, Outbox, SmallPlant
from tests.storage.test_hot_path_oracle import RESET


@pytest.fixture
async def made(works: KettleWorks) -> KettleWorks:
    """Two resin lots went into ten bodies (8 and 2), six of which went with cords into kettles."""
    await works.receive("PP-RESIN", "R1", "2", "M1-LS")
    works.pass_time(seconds=1)
    await works.receive("PP-RESIN", "R2", "10", "M1-LS")
    await works.receive("CORD", "C1", "100", "A1-LS")
    await works.run_order("WO-BODY")
    await works.count(8)
    await works.count(2)
    await works.run_order("WO-KETTLE", item="KETTLE", unit=ASSEMBLY)
    await works.count(6, signal="produced", unit=ASSEMBLY)
    return works


def links(answer: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    return {
        (link["input_lot"], link["output_lot"]): Decimal(link["consumed"])
        for link in answer["links"]
    }


async def test_what_went_into_a_lot_is_told_level_by_level(made: KettleWorks) -> None:
    tree = await made.get("lots/KETTLE/WO-KETTLE/genealogy", direction="back")
    assert links(tree) == {
        ("WO-BODY", "WO-KETTLE"): 6,
        ("C1", "WO-KETTLE"): 6,
        ("R1", "WO-BODY"): 2,
        ("R2", "WO-BODY"): Decimal("0.5"),
    }
    assert {lot["lot"]: lot["depth"] for lot in tree["lots"]} == {
        "WO-KETTLE": 0,
        "WO-BODY": 1,
        "C1": 1,
        "R1": 2,
        "R2": 2,
    }
    assert tree["cut"] is None


async def test_what_a_lot_went_into_is_told_the_same_way(made: KettleWorks) -> None:
    tree = await made.get("lots/PP-RESIN/R2/genealogy", direction="forward")
    assert links(tree) == {("R2", "WO-BODY"): Decimal("0.5"), ("WO-BODY", "WO-KETTLE"): 6}


async def test_a_link_says_from_when_to_when(made: KettleWorks) -> None:
    tree = await made.get("lots/BODY/WO-BODY/genealogy")
    first, second = sorted(tree["links"], key=lambda link: link["input_lot"])
    assert first["since"] == first["until"] < second["since"]
    assert first["window_from"] < first["since"]
    assert second["window_from"] == first["until"]
    assert (first["order"], first["equipment"], Decimal(first["produced"])) == (
        "WO-BODY",
        MOULDER,
        10,
    )


async def test_a_transfer_keeps_the_lot(made: KettleWorks) -> None:
    before = links(await made.get("lots/PP-RESIN/R2/genealogy", direction="forward"))
    body = {"item": "PP-RESIN", "lot": "R2", "quantity": "1"}
    await made.do("transfers", body | {"from_location": "M1-LS", "to_location": "WH"}, by=WAREHOUSE)
    assert links(await made.get("lots/PP-RESIN/R2/genealogy", direction="forward")) == before


async def test_an_answer_that_stops_short_says_so(made: KettleWorks) -> None:
    tree = await made.get("lots/KETTLE/WO-KETTLE/genealogy", depth=1)
    assert {lot["lot"] for lot in tree["lots"]} == {"WO-KETTLE", "WO-BODY", "C1"}
    assert tree["cut"] == "depth"
    async with made.pool.connection() as connection:
        root = await genealogy.find_lot(connection, item="KETTLE", lot="WO-KETTLE")
        assert root is not None
        few = await genealogy.walk(connection, root, Direction.BACK, depth=9, lots_max=2)
    assert (len(few.lots), few.cut) == (2, "lots")


async def test_a_lot_that_went_into_itself_is_told_once(works: KettleWorks) -> None:
    """Rework: pieces of an order's own lot are put in again."""
    await works.receive("PP-RESIN", "R1", "2", "M1-LS")
    await works.run_order("WO-1")
    await works.count(4)
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, "
            "equipment_id) select 'weigh', m.item_id, m.lot_id, m.to_id, l.id, 1, m.at, m.booked_at, m.operation_id, "
            "m.equipment_id from movement m, location l where m.kind = 'produce' and l.code = 'CONSUMPTION'"
        )
    for direction in ("back", "forward"):
        tree = await works.get("lots/BODY/WO-1/genealogy", direction=direction, depth=30)
        assert links(tree)["WO-1", "WO-1"] == 1
        assert len(tree["lots"]) == (2 if direction == "back" else 1)


async def test_a_recall_finds_every_product_and_where_it_is(made: KettleWorks) -> None:
    answer = await made.get("lots/PP-RESIN/R1/recall")
    found = {
        product["lot"]: {p["location"]: Decimal(p["quantity"]) for p in product["places"]}
        for product in answer["products"]
    }
    assert found == {"WO-BODY": {"A1-LS": 4}, "WO-KETTLE": {"P1-LS": 6}}
    assert [product["orders"] for product in answer["products"]] == [["WO-BODY"], ["WO-KETTLE"]]
    assert answer["places"] == []
    assert {e["link"]["equipment"] for e in answer["exposures"]} == {MOULDER, ASSEMBLY}


async def test_a_recall_says_what_the_machine_measured_meanwhile(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    signal = await process_value(works)
    await measure(works, signal, 150.0)
    works.pass_time(seconds=1)
    await works.run_order("WO-1")
    for value in (200.0, 210.0, 220.0):
        works.pass_time(seconds=1)
        await measure(works, signal, value)
    await works.count(4)
    works.pass_time(seconds=1)
    await measure(works, signal, 999.0)
    [exposure] = (await works.get("lots/PP-RESIN/R1/recall"))["exposures"]
    [seen] = exposure["process_values"]
    assert (seen["signal"], seen["readings"]) == (signal, 3)
    assert (seen["minimum"], seen["average"], seen["maximum"]) == (200, 210, 220)


async def test_a_recall_says_what_was_used_while_no_order_ran(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, equipment_id) "
            "select 'weigh', m.item_id, m.lot_id, m.to_id, l.id, 3, m.at, m.booked_at, e.id "
            "from movement m, location l, equipment e where l.code = 'CONSUMPTION' and e.path = %s",
            (MOULDER,),
        )
    answer = await works.get("lots/PP-RESIN/R1/recall")
    [outside] = answer["without_order"]
    assert (outside["equipment"], Decimal(outside["consumed"])) == (MOULDER, 3)
    assert answer["products"] == []


async def test_consumption_that_was_reversed_leads_nowhere(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(4)
    assert links(await works.get("lots/BODY/WO-1/genealogy")) == {("R1", "WO-1"): 1}
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, "
            "equipment_id, reverses_id) select 'reverse', item_id, lot_id, to_id, from_id, quantity, at, booked_at, "
            "operation_id, equipment_id, id from movement where kind = 'backflush'"
        )
    for lot, direction in (("BODY/WO-1", "back"), ("PP-RESIN/R1", "forward")):
        tree = await works.get(f"lots/{lot}/genealogy", direction=direction)
        assert (tree["links"], len(tree["lots"])) == ([], 1)


async def test_a_lot_nobody_knows_is_refused(works: KettleWorks) -> None:
    answer = await works.http.get(
        "/api/v1/lots/BODY/NONE/recall", headers={"Authorization": "Bearer for-screens"}
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def process_value(works: KettleWorks) -> str:
    """The name of a process value of the moulder."""
    async with works.pool.connection() as connection:
        row = await (
            await connection.execute(
                "select s.name from signal s join equipment e on e.id = s.equipment_id "
                "where e.path = %s and s.role = 'process_value' order by s.name limit 1",
                (MOULDER,),
            )
        ).fetchone()
    assert row is not None
    return row[0]


async def measure(works: KettleWorks, signal: str, value: float) -> None:
    at = works.clock.at
    fact = MeasurementFact(
        equipment=MOULDER, signal=signal, at=at, arrived=at, value=value, unit=""
    )
    await works.send(works.moulding, fact)


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(migrated_url)
    try:
        async with pool.connection() as connection:
            await connection.execute(SETUP)
        yield SmallPlant(pool)
    finally:
        await pool.close()


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3000)),
        min_size=1,
        max_size=6,
    ),
    cords=st.lists(st.integers(1, 15), max_size=4),
    resin=st.integers(0, 12),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_what_went_in_forward_is_what_came_out_backward(
    plant: SmallPlant, steps: list[tuple[int, int, int]], cords: list[int], resin: int
) -> None:
    await empty(plant)
    plant.outbox = Outbox()
    for number, quantity in enumerate(cords):
        await plant.stock("CORD", f"C{number}", str(quantity), "LS2")
    if resin:
        await plant.stock("RESIN", "R0", str(resin), "LS1")
    await plant.start("P1", "BODY", PRESS, {"RESIN": ("0.1", True)})
    await plant.start("A1", "KETTLE", LINE_2, {"BODY": ("1", False), "CORD": ("1", False)})
    for number, (bodies, kettles, grams) in enumerate(steps):
        at = T0 + timedelta(seconds=number + 1)
        box = plant.outbox
        await plant.send(
            box.batch(
                box.count(PRESS, "good", bodies, at=at),
                box.count(LINE_2, "produced", kettles, at=at),
                box.weigh(PRESS, "resin", str(Decimal(grams) / 1000), at=at),
            )
        )
    await check_mass_balance(plant)


async def empty(plant: SmallPlant) -> None:
    """A fresh start within one database; the ledger refuses that to everybody else."""
    await plant.execute(
        f"set session_replication_role = replica; {RESET}; set session_replication_role = default"
    )


async def check_mass_balance(plant: SmallPlant) -> None:
    """Every link is found from both ends with one quantity, and together they are all that was consumed for output."""
    lots = [row[0] for row in await plant.rows("select id from lot order by id")]
    back: dict[tuple[int, int], Decimal] = {}
    forward: dict[tuple[int, int], Decimal] = {}
    async with plant.pool.connection() as connection:
        for lot in lots:
            back |= pairs(await genealogy.walk(connection, lot, Direction.BACK, depth=1))
            forward |= pairs(await genealogy.walk(connection, lot, Direction.FORWARD, depth=1))
    assert back == forward
    consumed = await plant.value(
        "select coalesce(sum(m.quantity), 0) from movement m join location l on l.id = m.to_id "
        "where l.kind = 'consumption' and exists (select 1 from movement o join location p on p.id = o.from_id "
        "where p.kind = 'production' and o.operation_id = m.operation_id)"
    )
    assert sum(back.values(), Decimal(0)) == consumed


def pairs(tree: Tree) -> dict[tuple[int, int], Decimal]:
    return {(link.input_id, link.output_id): link.consumed for link in tree.links}


async def test_steps_without_stock_of_their_own_feed_the_orders_output(works: KettleWorks) -> None:
    """Material of the first operation is in what the second one delivers."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    async with works.pool.connection() as connection:
        await connection.execute(
            "with o as (insert into work_order_operation (work_order_id, number, equipment_id, state) "
            "select work_order_id, 20, equipment_id, 'running' from work_order_operation returning id, equipment_id) "
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id, "
            "equipment_id) select v.kind, i.id, l.id, f.id, t.id, v.quantity, %(at)s, %(at)s, "
            "case v.kind when 'produce' then o.id else p.id end, o.equipment_id "
            "from (values ('backflush', 'PP-RESIN', 'R1', 'M1-LS', 'CONSUMPTION', 3), "
            "('produce', 'BODY', 'WO-1', 'PRODUCTION', 'FG', 12)) v (kind, item, lot, origin, target, quantity) "
            "join item i on i.code = v.item join lot l on l.item_id = i.id and l.code = v.lot "
            "join location f on f.code = v.origin join location t on t.code = v.target, o, work_order_operation p",
            {"at": works.clock.at},
        )
    back = await works.get("lots/BODY/WO-1/genealogy")
    ahead = await works.get("lots/PP-RESIN/R1/genealogy", direction="forward")
    assert links(back) == links(ahead) == {("R1", "WO-1"): 3}
    assert [link["operation"] for link in back["links"]] == [10]
