"""Whatever comes, the sets in SQL and one-by-one Python arrive at the same stock, progress, queue and calls."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mes_server.storage.database import open_pool
from tests.storage.hot_path_model import HotPathModel, ModelLot, ModelOrder
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, T0, Outbox, SmallPlant

pieces = st.integers(0, 9)
batches = st.lists(
    st.tuples(
        pieces,
        pieces,
        pieces,
        pieces,
        st.integers(0, 4000).map(lambda grams: Decimal(grams) / 1000),
    ),
    min_size=1,
    max_size=8,
)
lots = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from([None, "2026-03-01", "2026-05-01", "2026-04-01"]),
        st.booleans(),
    ),
    max_size=5,
)

RESET = """
set session_replication_role = replica; -- what is append-only for everybody else is wiped between examples
truncate event, event_default, movement, balance, shortage, replenishment_signal, replenishment_pick, mounted_lot,
    operation_component, operation_run, work_order_operation, work_order, lot, source, source_gap, total_gap, ingest,
    signal_total, equipment_live, production_hour, production_minute, feed_event, replenishment_loop, scrap_report,
    job_command, history_due restart identity cascade;
reset session_replication_role;
insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity)
select i.id, l.id, s.id, 12, 40 from item i, location l, location s
where i.code = 'CORD' and l.code = 'LS2' and s.code = 'STORE';
"""


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(migrated_url)
    try:
        async with pool.connection() as connection:
            await connection.execute(SETUP)
        yield SmallPlant(pool)
    finally:
        await pool.close()


@given(steps=batches, cords=lots, resin=st.integers(0, 12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_sets_and_steps_agree(
    plant: SmallPlant,
    steps: list[tuple[int, int, int, int, Decimal]],
    cords: list[tuple[int, str | None, bool]],
    resin: int,
) -> None:
    await plant.execute(RESET)
    plant.outbox = Outbox()
    model = await prepare(plant, cords=cords, resin=resin)
    for number, (good, scrap, assembled, rejected, kilograms) in enumerate(steps):
        at = T0 + timedelta(seconds=number + 1)
        rejected = min(rejected, assembled)
        await plant.send(
            plant.outbox.batch(
                plant.outbox.count(PRESS, "good", good, at=at),
                plant.outbox.count(PRESS, "scrap", scrap, at=at),
                plant.outbox.count(ASSEMBLY, "produced", assembled, at=at),
                plant.outbox.count(ASSEMBLY, "scrap", rejected, at=at),
                plant.outbox.weigh(PRESS, "resin", str(kilograms), at=at),
            )
        )
        counts = {"WO-1": (good, scrap), "WO-2": (assembled - rejected, rejected)}
        moving = {order: count for order, count in counts.items() if any(count)}
        model.batch(moving, {("WO-1", "RESIN"): kilograms})
        await compare(plant, model)


async def prepare(
    plant: SmallPlant, *, cords: list[tuple[int, str | None, bool]], resin: int
) -> HotPathModel:
    """The same orders and lots in the database and in the model."""
    await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.45", True)})
    await plant.start("WO-2", "KETTLE", ASSEMBLY, {"BODY": ("1", False), "CORD": ("1", False)})
    await plant.execute(
        "update operation_component set scrap_percent = 2.5 from item i where i.id = item_id and i.code = 'CORD'"
    )
    model = HotPathModel(
        orders={
            "WO-1": ModelOrder("BODY", PRESS, "LS2", {"RESIN": ("LS1", Decimal("0.45"), Decimal(0), True)}),
            "WO-2": ModelOrder("KETTLE", ASSEMBLY, "OUT", {
                "BODY": ("LS2", Decimal(1), Decimal(0), False), "CORD": ("LS2", Decimal(1), Decimal("2.5"), False)}),
        },
        reorder={("CORD", "LS2"): Decimal(12)},
    )  # fmt: skip
    if resin:
        await plant.stock("RESIN", "R1", str(resin), "LS1")
        model.lots["RESIN", "LS1"] = [ModelLot("R1", Decimal(resin), ("",))]
    for number, (quantity, expires, mounted) in enumerate(cords):
        code = f"C{number}"
        await plant.stock("CORD", code, str(quantity), "LS2", expires=expires)
        if mounted:
            await plant.execute(
                "insert into mounted_lot (equipment_id, item_id, lot_id, location_id, quantity_at_mount, mounted_at) "
                "select e.id, t.item_id, t.id, e.line_side_id, 5, %s from equipment e, lot t "
                "where e.path = %s and t.code = %s",
                T0, ASSEMBLY, code,
            )  # fmt: skip
        if expires != "2026-03-01":  # expired before the plant's date
            rank: tuple[object, ...] = (
                (number,) if mounted else (expires is None, expires or "", number)
            )
            model.lots.setdefault(("CORD", "LS2"), []).append(
                ModelLot(code, Decimal(quantity), rank, ASSEMBLY if mounted else None)
            )
    return model


async def compare(plant: SmallPlant, model: HotPathModel) -> None:
    """Everything a person could look at."""
    for number, order in model.orders.items():
        assert await plant.order(number) == (order.good, order.scrap)
    for item, place in (("RESIN", "LS1"), ("BODY", "LS2"), ("CORD", "LS2"), ("KETTLE", "OUT")):
        rows = await plant.rows(
            "select t.code, b.quantity from balance b join lot t on t.id = b.lot_id join item i on i.id = b.item_id "
            "join location l on l.id = b.location_id where i.code = %s and l.code = %s and b.quantity <> 0 "
            "and (t.expires_on is null or t.expires_on > '2026-03-01')",
            item, place,
        )  # fmt: skip
        assert dict(rows) == model.on_hand(item, place), (item, place)
    waiting = await plant.rows(
        "select w.number, i.code, sum(s.remaining) from shortage s join item i on i.id = s.item_id "
        "join work_order_operation o on o.id = s.operation_id join work_order w on w.id = o.work_order_id "
        "where s.settled_at is null group by 1, 2"
    )
    assert {(number, item): quantity for number, item, quantity in waiting} == model.waiting()
    expired = await plant.value(
        "select coalesce(sum(b.quantity), 0) from balance b join lot t on t.id = b.lot_id "
        "join location l on l.id = b.location_id where l.code = 'LS2' and t.expires_on = '2026-03-01'"
    )
    if not expired:
        assert bool(await plant.rows("select 1 from replenishment_signal")) == bool(model.calls)
    assert await plant.faults() == []
