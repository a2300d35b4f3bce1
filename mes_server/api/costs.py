"""Costs: standard and moving average, stock value as of a time, work in process."""

from dataclasses import asdict
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
    StockValue,
    StockValueLine,
    WorkInProcess,
)
from mes_server.domain.moving_average import CostState
from mes_server.domain.refusal import ITEM, LOCATION, NotFound, in_language, words
from mes_server.domain.units import booked
from mes_server.storage import costs, stock_reports
from mes_server.storage.costs import CostedItem

router = APIRouter(tags=["costs"], dependencies=[Depends(screens_only)])
CodeQuery = Annotated[str | None, Query(max_length=64)]
At = Annotated[AwareDatetime | None, Query(description="As of this time; left out: now")]

AVERAGE = words(
    "a receipt with a price brings quantity x price; what is made comes in at standard cost; everything else comes and goes "
    "at the moving average = value / quantity. Told from the ledger in the order of its times",
    "有价格的收货按数量 x 单价计入；自制品按标准成本计入；其余出入按移动平均 = 金额 / 数量。按流水时间顺序计算",
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
