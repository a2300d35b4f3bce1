"""Costs: standard and moving average, stock value as of a time, work in process."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from mes_server.api.access import screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.costs import (
    ItemCost,
    ItemCosts,
    OrderCostLine,
    OrderCosts,
    StockValue,
    StockValueLine,
    WorkInProcess,
)
from mes_server.domain.moving_average import CostState
from mes_server.domain.refusal import ITEM, LOCATION, ORDER, NotFound, in_language, words
from mes_server.domain.units import booked
from mes_server.storage import costs, order_costs, stock_reports, work_orders
from mes_server.storage.costs import CostedItem
from mes_server.storage.database import Connection

router = APIRouter(tags=["costs"], dependencies=[Depends(screens_only)])
CodeQuery = Annotated[str | None, Query(max_length=64)]
At = Annotated[AwareDatetime | None, Query(description="As of this time; left out: now")]

AVERAGE = words(
    "a receipt with a price brings quantity x price; what is made comes in at standard cost, and takes what its order really "
    "cost when that is closed; everything else comes and goes at the moving average = value / quantity. Told from the ledger in the order of its times",
    "有价格的收货按数量 x 单价计入；自制品按标准成本计入，工单关闭时按实际成本调整；其余出入按移动平均 = 金额 / 数量。按流水时间顺序计算",
)
ORDER_COST = words(
    "material at moving average + conversion at standard = made at standard + in process; when an order is closed, what is "
    "left in process goes to the value of its pieces in stock, and for pieces that are gone it is the order's variance",
    "按移动平均的物料 + 标准加工费 = 按标准成本的产出 + 在制；工单关闭时，在制余额按在库数量计入库存金额，已离库部分为工单差异",
)
VALUE = words(
    "value = quantity as of the time x standard cost, or x moving average as of the time; scrap places are worth nothing",
    "金额 = 当时数量 x 标准成本，或 x 当时移动平均；报废库位不计金额",
)
IN_PROCESS = words(
    "work in process = issued and backflushed material x standard cost - produced x standard cost; what is left of it when "
    "the order has ended is its variance",
    "在制品金额 = 领用及倒冲物料 x 标准成本 - 产出 x 标准成本；工单结束后的余额即为差异",
)


@router.get("/costs")
async def get_costs(
    server: ServerHere,
    language: Language,
    response: Response,
    item: CodeQuery = None,
    at: At = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 50,
) -> ItemCosts:
    """Standard cost and moving average of items, with the value of their stock, told from the ledger."""
    moment = at or server.clock.now()
    async with server.pool.connection() as connection:
        items = await costs.find_items(connection, code=item, after=after, limit=limit)
        if item is not None and not items:
            raise NotFound(what=ITEM, name=item)
        states = await costs.states(connection, [one.id for one in items], at=moment)
    mark_next(response, items, limit=limit, after=items[-1].id if items else after)
    rows = [_cost(one, states[one.id][0]) for one in items]
    return ItemCosts(formula=in_language(AVERAGE, language), at=moment, rows=rows)


@router.get("/reports/stock-value")
async def get_stock_value(
    server: ServerHere,
    language: Language,
    response: Response,
    at: At = None,
    item: CodeQuery = None,
    location: CodeQuery = None,
    after: Annotated[str, Query(pattern=r"^\d{1,9}-\d{1,9}-\d{1,9}$")] = "0-0-0",
    limit: Limit = 100,
) -> StockValue:
    """What lay where as of a time, lot by lot, at standard cost and at moving average."""
    moment = at or server.clock.now()
    first, second, third = (int(part) for part in after.split("-"))
    async with server.pool.connection() as connection:
        item_id = await stock_reports.find_item(connection, item) if item else None
        if item is not None and item_id is None:
            raise NotFound(what=ITEM, name=item)
        place_id = await stock_reports.find_location(connection, location) if location else None
        if location is not None and place_id is None:
            raise NotFound(what=LOCATION, name=location)
        rows = await stock_reports.as_of(
            connection,
            at=moment,
            item_id=item_id,
            location_id=place_id,
            after=(first, second, third),
            limit=limit,
        )
        ids = sorted({int(row.position.split("-")[0]) for row in rows})
        states = await costs.states(connection, ids, at=moment)
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    lines: list[StockValueLine] = []
    for row in rows:
        state, standard = states[int(row.position.split("-")[0])]
        worth = row.quantity if row.kind != "scrap" else row.quantity * 0
        lines.append(
            StockValueLine(
                item=row.item,
                item_name=row.item_name,
                unit=row.unit,
                location=row.location,
                lot=row.lot,
                quantity=row.quantity,
                standard_value=booked(worth * standard),
                average_value=booked(worth * state.average(standard)),
            )
        )
    return StockValue(formula=in_language(VALUE, language), at=moment, rows=lines)


@router.get("/reports/work-in-process")
async def get_work_in_process(
    server: ServerHere,
    language: Language,
    response: Response,
    order: CodeQuery = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> WorkInProcess:
    """What orders at work took at standard cost, less what they made of it; or one order, ended ones too."""
    async with server.pool.connection() as connection:
        rows = await costs.work_in_process(connection, order=order, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return WorkInProcess.model_validate(
        {
            "formula": in_language(IN_PROCESS, language),
            "at": server.clock.now(),
            "rows": [asdict(row) for row in rows],
        }
    )


@router.get("/reports/order-costs")
async def get_order_costs(
    server: ServerHere,
    language: Language,
    response: Response,
    order: CodeQuery = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> OrderCosts:
    """What orders really cost: settled ones, newest first; or one order, as it is told now while it is not settled."""
    now = server.clock.now()
    async with server.pool.connection() as connection:
        settled = await order_costs.find(connection, number=order, before=after, limit=limit)
        lines = [
            OrderCostLine.model_validate({**asdict(row), "in_process": Decimal(0)})
            for row in settled
        ]
        if order is not None and not settled and after is None:
            lines = [await _told_now(connection, order, now=now)]
    mark_next(response, settled, limit=limit, after=settled[-1].id if settled else after)
    return OrderCosts(formula=in_language(ORDER_COST, language), at=now, rows=lines)


async def _told_now(connection: Connection, number: str, *, now: datetime) -> OrderCostLine:
    order_id = await work_orders.id_of(connection, number)
    found = await order_costs.told(connection, order_id, at=now) if order_id is not None else None
    if found is None:
        raise NotFound(what=ORDER, name=number)
    item_id, cost = found
    item = await order_costs.item_words(connection, item_id)
    return OrderCostLine(
        id=None,
        order=number,
        item=item.code,
        item_name=item.name,
        unit=item.unit,
        material=cost.material,
        conversion=cost.conversion,
        made_value=cost.made_value,
        in_process=cost.in_process,
        to_stock=Decimal(0),
        variance=Decimal(0),
        settled_at=None,
    )


def _cost(item: CostedItem, state: CostState) -> ItemCost:
    return ItemCost(
        item=item.code,
        item_name=item.name,
        unit=item.unit,
        standard_cost=item.standard_cost,
        average_cost=state.average(item.standard_cost),
        quantity=state.quantity,
        value=state.value,
        received_value=state.received_value,
        issued_value=state.issued_value,
    )
