"""Whether orders have their material."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.feed import OrderState
from mes_server.contract.readiness import ComponentReadiness, OrderReadiness
from mes_server.domain.readiness import Supply
from mes_server.operations import readiness
from mes_server.storage.readiness import ComponentRow

router = APIRouter(tags=["readiness"], dependencies=[Depends(screens_only)])


@router.get("/work-orders/{number:path}/readiness")
async def get_readiness(server: ServerHere, number: str) -> OrderReadiness:
    """What an order needs, before its release and while it runs: where it is, and when it comes."""
    found = await readiness.read_readiness(server.pool, number=number, now=server.clock.now())
    return _said(found)


@router.get("/readiness")
async def list_readiness(
    server: ServerHere,
    response: Response,
    state: Annotated[list[OrderState] | None, Query(max_length=8)] = None,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 50,
) -> list[OrderReadiness]:
    """Orders by state (none: all that are not ended) and unit or anything above it, due first."""
    found = await readiness.list_readiness(
        server.pool,
        states=state or readiness.OPEN_STATES,
        equipment=equipment,
        after=after,
        limit=limit,
        now=server.clock.now(),
    )
    mark_next(response, found, limit=limit, after=found[-1].order.id if found else after)
    return [_said(one) for one in found]


def _said(found: readiness.OrderReadiness) -> OrderReadiness:
    order = found.order
    return OrderReadiness(
        number=order.number,
        item=order.item,
        item_name=order.item_name,
        unit=order.unit,
        target=order.target,
        due_at=order.due_at,
        priority=order.priority,
        ready=found.ready.value,
        components=[_component(row, supply) for row, supply in found.components],
    )


def _component(row: ComponentRow, supply: Supply) -> ComponentReadiness:
    return ComponentReadiness.model_validate(
        {
            "operation": row.operation,
            "item": row.item,
            "item_name": row.item_name,
            "unit": row.unit,
            "location": row.location,
            "location_name": row.location_name,
            "required": supply.required,
            "issued": supply.issued,
            "needed": supply.needed,
            "here": supply.here,
            "reserved": supply.reserved,
            "elsewhere": [asdict(one) for one in supply.elsewhere],
            "incoming": [asdict(one) for one in supply.incoming],
            "to_bring": supply.to_bring,
            "missing": supply.missing,
            "comes_at": supply.comes_at,
            "ready": supply.ready.value,
        }
    )
