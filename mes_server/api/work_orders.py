"""Work orders: created, released, run, stopped, and looked at."""

from typing import Annotated, assert_never

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere, wake_readers
from mes_server.contract.feed import OrderCard, OrderState
from mes_server.contract.work_orders import (
    CountAttribution,
    NewWorkOrder,
    OperationChange,
    ScrapEntry,
    ScrapReport,
)
from mes_server.domain.refusal import ORDER, NotFound
from mes_server.domain.work_order import Disposition, Verb
from mes_server.operations.attribute_counts import attribute_counts
from mes_server.operations.command import Answer, Call
from mes_server.operations.create_work_order import NewOrder, create_work_order
from mes_server.operations.release_work_order import release_work_order
from mes_server.operations.report_scrap import Scrap, report_scrap
from mes_server.operations.run_operation import run_operation
from mes_server.operations.stop_operation import stop_operation
from mes_server.operations.sync_plant import downloads_of
from mes_server.storage import feed, work_orders
from mes_server.storage.database import Connection

router = APIRouter(
    prefix="/work-orders",
    tags=["work orders"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.post("", status_code=201)
async def post_work_order(server: ServerHere, call: CallHere, body: NewWorkOrder) -> OrderCard:
    """Create a work order; it is not allowed to start before it is released."""
    order = NewOrder(
        number=body.number,
        item=body.item,
        quantity=body.quantity,
        equipment=body.equipment,
        due_at=body.due_at,
        priority=body.priority,
        over_percent=None if body.over_unlimited else body.over_percent,
        under_percent=body.under_percent,
    )
    answer = await create_work_order(server.pool, call, order)
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/scrap", status_code=201)
async def post_scrap(
    server: ServerHere, call: CallHere, number: str, body: ScrapEntry
) -> ScrapReport:
    """Reclassify good pieces as scrap or rework; production and consumption stay."""
    scrap = Scrap(
        quantity=body.quantity,
        reason=body.reason,
        disposition=Disposition(body.disposition),
        unit=body.unit,
    )
    answer = await report_scrap(
        server.pool, call, number=number, operation=body.operation, scrap=scrap
    )
    return ScrapReport.model_validate(answer)


@router.post("/{number:path}/attribute")
async def post_attribution(
    server: ServerHere, call: CallHere, number: str, body: CountAttribution
) -> OrderCard:
    """Give the order what its unit counted and weighed outside any order."""
    answer = await attribute_counts(
        server.pool,
        call,
        number=number,
        operation=body.operation,
        since=body.since,
        until=body.until,
        reason=body.reason,
    )
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/{verb}")
async def post_change(
    server: ServerHere, call: CallHere, number: str, verb: Verb, body: OperationChange
) -> OrderCard:
    """Release, start, pause, hold, resume, complete, close or abort."""
    return OrderCard.model_validate(await _change(server, call, number, verb, body))


async def _change(
    server: Server, call: Call, number: str, verb: Verb, body: OperationChange
) -> Answer:
    match verb:
        case Verb.RELEASE:
            return await release_work_order(
                server.pool,
                call,
                number=number,
                operation=body.operation,
                insist_on_material=body.insist_on_material,
            )
        case Verb.START | Verb.RESUME:
            return await run_operation(
                server.pool,
                call,
                verb=verb,
                number=number,
                operation=body.operation,
                at=body.at,
                downloads=downloads_of(server.plant),
            )
        case Verb.SUSPEND | Verb.HOLD | Verb.COMPLETE | Verb.CLOSE | Verb.ABORT:
            return await stop_operation(
                server.pool,
                call,
                verb=verb,
                number=number,
                operation=body.operation,
                at=body.at,
                reason=body.reason,
            )
        case _:
            assert_never(verb)


@router.get("")
async def get_work_orders(
    server: ServerHere,
    response: Response,
    state: Annotated[list[OrderState] | None, Query(max_length=8)] = None,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[OrderCard]:
    """Operations by state and by unit or anything above it, oldest first."""
    async with server.pool.connection() as connection:
        found = await work_orders.find_operations(
            connection, states=state, equipment=equipment, after=after, limit=limit
        )
        cards = await _cards(server, connection, found)
    mark_next(response, found, limit=limit, after=found[-1] if found else after)
    return cards


@router.get("/{number:path}")
async def get_work_order(server: ServerHere, number: str) -> list[OrderCard]:
    """The operations of one work order."""
    async with server.pool.connection() as connection:
        found = await work_orders.find_operations(connection, number=number, limit=100)
        if not found:
            raise NotFound(what=ORDER, name=number)
        return await _cards(server, connection, found)


async def _cards(server: Server, connection: Connection, found: list[int]) -> list[OrderCard]:
    pairs = [(operation, 0) for operation in found]
    cards = await feed.cards(connection, "order", pairs, now=server.clock.now())
    return [OrderCard.model_validate(cards[pair]) for pair in pairs]
