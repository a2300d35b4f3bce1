"""Kettles made in two operations: moulded together with their body, then assembled with a cord."""

from typing import Any

from mes_server.api.app import PREFIX
from tests.storage.kettle_works import (
    ASSEMBLY,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    KettleWorks,
    named,
)

PACKING = "kettle-works/packing/P1/PCK1"
DUE = NOON.replace(day=3).isoformat()
ROUTING: dict[str, Any] = {
    "item": "KETTLE",
    "operations": [
        {
            "number": 10,
            "name": named("Mould"),
            "units": [MOULDER, PACKING],
            "setup_s": "600",
            "run_s": "2",
            "components": ["BODY"],
        },
        {"number": 20, "name": named("Assemble"), "units": [ASSEMBLY], "components": ["CORD"]},
    ],
}


async def put_master_data(works: KettleWorks, **document: list[dict[str, Any]]) -> dict[str, Any]:
    """The administrator's document is taken; how many rows changed."""
    answer = await works.http.put(
        f"{PREFIX}/master-data",
        json=document,
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.is_success, answer.text
    return answer.json()["changed"]


async def new_routed_order(
    works: KettleWorks, number: str = "WO-1", *, quantity: str = "100", **more: Any
) -> dict[str, Any]:
    """An order for kettles along their routing."""
    body = {"number": number, "item": "KETTLE", "quantity": quantity, "due_at": DUE, **more}
    return await works.do("work-orders", body, by=PLANNER)


async def release_routed_order(
    works: KettleWorks, number: str = "WO-1", *, quantity: str = "100", **more: Any
) -> None:
    """Its routing is known, and it is released."""
    await put_master_data(works, routings=[ROUTING])
    await new_routed_order(works, number, quantity=quantity, **more)
    await works.do(f"work-orders/{number}/release", by=PLANNER)


async def start(works: KettleWorks, operation: int, number: str = "WO-1") -> None:
    """The operator starts one operation."""
    await works.do(f"work-orders/{number}/start", {"operation": operation}, by=OPERATOR)


async def cards(works: KettleWorks, number: str = "WO-1") -> dict[int, dict[str, Any]]:
    """The cards of an order by operation."""
    return {card["operation"]: card for card in await works.get(f"work-orders/{number}")}
