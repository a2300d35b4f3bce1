"""The rules of replenishment in SQL, as the hot path runs them, and in plain Python say the same."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mes_server.domain.loop_rule import (
    LoopRule,
    Method,
    Modifiers,
    Seen,
    due_order,
    order_size,
    projected_stock,
    wanted,
)
from mes_server.storage import calls
from mes_server.storage.database import open_pool
from tests.storage.small_plant import SETUP, T0, SmallPlant

amounts = st.decimals(-50, 200, places=3, allow_nan=False)
positive = st.decimals(Decimal("0.001"), 90, places=3, allow_nan=False)
modifiers = st.builds(
    Modifiers,
    minimum=st.none() | positive,
    multiple=st.none() | positive,
    pack=st.none() | positive,
    maximum=st.none() | positive,
)
rules = st.builds(
    LoopRule,
    method=st.sampled_from(Method),
    reorder_point=st.decimals(0, 60, places=3),
    order_quantity=positive,
    max_quantity=st.none() | positive,
    lead_time_s=st.integers(0, 7200),
    scanned=st.booleans(),
    modifiers=modifiers,
)
seen = st.builds(
    Seen,
    projected=amounts,
    empty_cards=st.integers(0, 5),
    rate_per_hour=st.none() | st.decimals(0, 300, places=3),
    need=st.decimals(0, 300, places=3),
)

RESET = """
set session_replication_role = replica;
truncate movement, balance, shortage, replenishment_signal, replenishment_pick, lot, feed_event, replenishment_loop,
    kanban_card, supply_proposal, purchase_order, purchase_line, purchase_receipt, signal_adjustment
    restart identity cascade;
reset session_replication_role
"""
LOOP = """
insert into replenishment_loop (item_id, location_id, source_id, kind, method, reorder_point, order_quantity, max_quantity,
    lead_time_s, scanned, order_min, order_multiple, order_max, pack_unit)
select i.id, l.id, s.id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, case when %s then 'box' end
from item i, location l, location s where i.code = 'CORD' and l.code = 'LS2' and s.code = 'STORE'
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


@given(cases=st.lists(st.tuples(rules, seen), min_size=1, max_size=25))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_rules_agree(plant: SmallPlant, cases: list[tuple[LoopRule, Seen]]) -> None:
    for rule, what in cases:
        limits = rule.modifiers
        rows = await plant.rows(
            "select w, order_size(w, %s, %s, %s, %s) from wanted_quantity("
            "%s, %s, %s, %s, %s, %s::bigint, %s, %s, %s::integer, %s) w",
            limits.minimum, limits.multiple, limits.pack, limits.maximum,
            rule.method.value, what.projected, rule.reorder_point, rule.order_quantity, rule.max_quantity,
            what.empty_cards, rule.scanned, what.rate_per_hour, rule.lead_time_s, what.need,
        )  # fmt: skip
        quantity = wanted(rule, what)
        assert rows == [(quantity, order_size(quantity, limits))]


stock_methods = st.sampled_from([Method.REORDER_POINT, Method.MIN_MAX, Method.TWO_BIN])


@given(
    rule=rules,
    method=stock_methods,
    on_hand=st.lists(st.integers(1, 40), max_size=3),
    reserved=st.integers(0, 20),
    bought=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 50), st.booleans()), max_size=3),
    asked=st.integers(0, 20),
    kind=st.sampled_from(["transfer", "purchase", "make"]),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_loop_calls_as_its_rule_says(
    plant: SmallPlant,
    rule: LoopRule,
    method: Method,
    on_hand: list[int],
    reserved: int,
    bought: list[tuple[int, int, bool]],
    asked: int,
    kind: str,
) -> None:
    await plant.execute(RESET)
    packed = rule.modifiers.pack is not None
    limits = Modifiers(
        minimum=rule.modifiers.minimum,
        multiple=rule.modifiers.multiple,
        pack=Decimal("0.666667") if packed else None,
        maximum=rule.modifiers.maximum,
    )
    rule = LoopRule(
        method=method,
        reorder_point=rule.reorder_point,
        order_quantity=rule.order_quantity,
        max_quantity=rule.max_quantity,
        lead_time_s=rule.lead_time_s,
        scanned=False,
        modifiers=limits,
    )
    held = min(reserved, on_hand[0]) if on_hand else 0
    await prepare(
        plant, rule, kind=kind, on_hand=on_hand, reserved=held, bought=bought, asked=asked
    )
    [(item, place)] = await plant.rows(
        "select item_id, location_id from replenishment_loop where id = 1"
    )
    shown = await plant.value(
        "select on_hand + called + purchased + made - reserved - waiting - asked from place_projection(%s, %s)",
        item,
        place,
    )
    async with plant.pool.connection() as connection, connection.transaction():
        for _ in range(2):  # what is open already is not called for again
            await calls.raise_due(
                connection, places=[(item, place)], now=T0, ingest_id=None, command_id=None
            )
    supply = sum(max(quantity - came, 0) for quantity, came, still_open in bought if still_open)
    projected = projected_stock(
        on_hand=Decimal(sum(on_hand)),
        open_supply=Decimal(supply),
        reserved=Decimal(held),
        asked=Decimal(asked),
    )
    assert shown == projected  # what screens show is what the rule sees
    table = "replenishment_signal" if kind == "transfer" else "supply_proposal"
    raised = await plant.rows(f"select quantity, projected from {table} where loop_id = 1")
    quantity = due_order(rule, Seen(projected=projected))
    assert raised == ([(quantity, projected)] if quantity else [])


async def prepare(
    plant: SmallPlant,
    rule: LoopRule,
    *,
    kind: str,
    on_hand: list[int],
    reserved: int,
    bought: list[tuple[int, int, bool]],
    asked: int,
) -> None:
    """The loop, with stock, purchase orders, and another place that asks of this one."""
    limits = rule.modifiers
    values: list[Any] = [
        kind,
        rule.method.value,
        rule.reorder_point,
        rule.order_quantity,
        rule.max_quantity,
    ]
    values += [rule.lead_time_s, rule.scanned, limits.minimum, limits.multiple, limits.maximum]
    await plant.execute(
        "insert into item_unit (item_id, unit, numerator, denominator) select id, 'box', 2, 3 from item "
        "where code = 'CORD' on conflict do nothing"
    )
    await plant.execute(LOOP, *values, limits.pack is not None)
    for number, quantity in enumerate(on_hand):
        await plant.stock("CORD", f"L{number}", str(quantity), "LS2")
    if reserved:
        await plant.execute(
            "update balance set reserved = %s where physical and lot_id = (select min(id) from lot)",
            reserved,
        )
    for number, (quantity, came, still_open) in enumerate(bought):
        await plant.execute(
            "with s as (insert into supplier (code, name) values ('S', '{}') "
            "on conflict (code) do update set active = true returning id), "
            "o as (insert into purchase_order (number, supplier_id, created_at) select %s, id, %s from s returning id) "
            "insert into purchase_line (order_id, number, item_id, location_id, quantity, unit, unit_quantity, due_at, "
            "received, open) select o.id, 1, i.id, l.id, %s, 'pcs', 1, %s, %s, %s "
            "from o, item i, location l where i.code = 'CORD' and l.code = 'LS2'",
            f"PO-{number}", T0, quantity, T0, came, still_open,
        )  # fmt: skip
    if asked:
        await plant.execute(
            "with p as (insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity) "
            "select i.id, o.id, l.id, 0, 1 from item i, location l, location o "
            "where i.code = 'CORD' and l.code = 'LS2' and o.code = 'OUT' returning id) "
            "insert into replenishment_signal (loop_id, quantity, projected, reorder_point, raised_at) "
            "select id, %s, 0, 0, %s from p",
            asked, T0 - timedelta(hours=1),
        )  # fmt: skip
