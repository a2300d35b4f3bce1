"""Routings through the API: kept, planned on an order, frozen at release, and done on one of the units that can."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import ASSEMBLY, LEADER, MOULDER, OPERATOR, PLANNER, KettleWorks
from tests.storage.routed_orders import (
    DUE,
    PACKING,
    ROUTING,
    cards,
    new_routed_order,
    put_master_data,
    release_routed_order,
    start,
)


async def components(works: KettleWorks) -> dict[tuple[int, str], tuple[str, Decimal]]:
    """(operation, item) -> (where it is taken, quantity)."""
    async with works.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select o.number, i.code, l.code, c.quantity from operation_component c "
                "join work_order_operation o on o.id = c.operation_id join item i on i.id = c.item_id "
                "join location l on l.id = c.location_id"
            )
        ).fetchall()
    return {(number, item): (place, quantity) for number, item, place, quantity in rows}


async def test_a_routing_is_kept_as_it_was_given_and_sending_it_again_changes_nothing(
    works: KettleWorks,
) -> None:
    assert (await put_master_data(works, routings=[ROUTING]))["routings"] == 1
    assert (await put_master_data(works, routings=[ROUTING]))["routings"] == 0
    [kept] = await works.get("routings", item="KETTLE")
    assert [step["number"] for step in kept["operations"]] == [10, 20]
    assert kept["operations"][0]["units"] == [MOULDER, PACKING]
    assert Decimal(kept["operations"][0]["setup_s"]) == 600
    assert kept["operations"][1]["components"] == ["CORD"]


async def test_an_order_without_a_unit_follows_the_routing(works: KettleWorks) -> None:
    await put_master_data(works, routings=[ROUTING])
    card = await new_routed_order(works)
    assert (card["operation"], card["equipment"]) == (10, MOULDER)
    shown = await cards(works)
    assert [shown[number]["yields"] for number in (10, 20)] == [False, True]
    assert shown[20]["operation_name"]["en"] == "Assemble"
    assert shown[10]["units"] == [MOULDER, PACKING]


async def test_without_a_routing_the_order_names_its_unit(works: KettleWorks) -> None:
    body = {"number": "WO-1", "item": "KETTLE", "quantity": "5", "due_at": DUE}
    problem = await works.refused("work-orders", body, by=PLANNER)
    assert problem["type"] == "no-routing"


async def test_each_operation_consumes_its_own_components_from_its_own_line_side(
    works: KettleWorks,
) -> None:
    await release_routed_order(works)
    assert await components(works) == {
        (10, "BODY"): ("M1-LS", Decimal(1)),
        (20, "CORD"): ("A1-LS", Decimal(1)),
    }


async def test_the_routing_is_frozen_at_release(works: KettleWorks) -> None:
    await release_routed_order(works)
    later = ROUTING | {"operations": ROUTING["operations"][:1]}
    await put_master_data(works, routings=[later])
    assert sorted(await cards(works)) == [10, 20]
    await new_routed_order(works, "WO-2")
    assert sorted(await cards(works, "WO-2")) == [10]


async def test_a_release_takes_the_routing_as_it_is_then(works: KettleWorks) -> None:
    await put_master_data(works, routings=[ROUTING])
    await new_routed_order(works)
    packed = {"number": 30, "units": [PACKING], "components": ["CORD"]}
    later = ROUTING | {"operations": [ROUTING["operations"][0], packed]}
    await put_master_data(works, routings=[later])
    await works.do("work-orders/WO-1/release", by=PLANNER)
    shown = await cards(works)
    assert {number: card["yields"] for number, card in shown.items()} == {10: False, 30: True}
    assert {card["state"] for card in shown.values()} == {"allowed_to_start"}
    assert (await components(works))[30, "CORD"][0] == "P1-LS"


async def test_the_planner_puts_an_operation_on_another_unit_that_can_do_it(
    works: KettleWorks,
) -> None:
    await release_routed_order(works)
    body = {"operation": 10, "unit": PACKING, "reason": "moulder 1 is serviced"}
    card = await works.do("work-orders/WO-1/unit", body, by=PLANNER)
    assert card["equipment"] == PACKING
    assert (await components(works))[10, "BODY"][0] == "P1-LS"
    assert [entry["number"] for entry in await works.get(f"units/{PACKING}/queue")] == ["WO-1"]
    refused = await works.refused("work-orders/WO-1/unit", body | {"unit": ASSEMBLY}, by=PLANNER)
    assert refused["type"] == "unit-cannot"
    assert refused["detail"] == f"Choose one of: {MOULDER}, {PACKING}."


async def test_the_unit_of_an_operation_that_has_begun_stays(works: KettleWorks) -> None:
    await release_routed_order(works)
    await start(works, 10)
    body = {"operation": 10, "unit": PACKING}
    assert (await works.refused("work-orders/WO-1/unit", body, by=LEADER))["type"] == (
        "already-started"
    )
    assert (await works.refused("work-orders/WO-1/unit", body, by=OPERATOR))["status"] == 403


async def test_a_routing_that_names_no_unit_of_the_plant_is_refused(works: KettleWorks) -> None:
    wrong: dict[str, Any] = ROUTING | {"operations": [{"number": 10, "units": ["nowhere"]}]}
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"routings": [wrong]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.status_code == 404
    assert answer.json()["title"] == "There is no unit nowhere."


async def test_of_several_routings_the_one_in_force_is_followed(works: KettleWorks) -> None:
    old = ROUTING | {"revision": "A", "valid_until": "2026-03-02"}
    present = ROUTING | {"revision": "B", "valid_from": "2026-03-02", "valid_until": "2026-04-01"}
    future = ROUTING | {"revision": "C", "valid_from": "2026-04-01"}
    await put_master_data(works, routings=[old, present, future])
    await new_routed_order(works)
    assert {card["routing_revision"] for card in (await cards(works)).values()} == {"B"}
