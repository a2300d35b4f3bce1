"""Stock as of a time, and reports over the ledger; each answer states its formula."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from mes_server.api.access import CallHere, screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere
from mes_server.contract.reports import (
    AbcApplied,
    AbcApply,
    AbcClasses,
    ConsumptionVariance,
    DaysOfCover,
    DeadStock,
    Expiry,
    InventoryTurns,
    StockAsOf,
    StockOuts,
)
from mes_server.domain.abc_shares import check_shares
from mes_server.domain.refusal import ITEM, LOCATION, NotFound, Words, in_language, words
from mes_server.operations.apply_abc import apply_abc
from mes_server.storage import stock_effects, stock_reports
from mes_server.storage.stock_reports import (
    AbcRow,
    CoverRow,
    DeadStockRow,
    ExpiryRow,
    StockOutRow,
    TurnsRow,
    VarianceRow,
)

router = APIRouter(tags=["reports"], dependencies=[Depends(screens_only)])
Days = Annotated[int, Query(ge=1, le=3_660, description="Length of the window that ends now")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Rows of the pages before")]
CodeQuery = Annotated[str | None, Query(max_length=64)]
Row = TypeVar("Row")

Share = Annotated[float, Query(gt=0, le=100, description="Per cent of the consumption value")]
A_PERCENT, B_PERCENT = 80.0, 95.0
"""Shares of the consumption value at which classes A and B end."""

FORMULAS: dict[str, Words] = {
    "days_of_cover": words(
        "days of cover = on hand in available lots that have not expired (scrap and quarantine left out) / average "
        "consumption a day of the window (consumed or shipped, less what came back); without consumption it is unknown",
        "可用天数 = 未过期可用批次现有量（不含报废与隔离）/ 统计期内日均消耗量（消耗或发货，减去退回）；无消耗则未知",
    ),
    "turns": words(
        "inventory turns = throughput (consumed or shipped, less what came back) / average inventory (each quantity "
        "weighted by how long it lay there within the window); ISO 22400-2",
        "库存周转次数 = 流出量（消耗或发货，减去退回）/ 平均库存（按在库时长加权）；ISO 22400-2",
    ),
    "dead_stock": words(
        "dead stock = item at a place with stock, where nothing came or went for the given days (counts and adjustments "
        "do not make it move); value = quantity x standard cost",
        "呆滞库存 = 有库存但在给定天数内无任何出入的物料库位（盘点与调整不算）；金额 = 数量 x 标准成本",
    ),
    "expiry": words(
        "lots in stock with expiry date <= today (plant's own date) + days; value = quantity x standard cost",
        "有效期 <= 今天（工厂日期）+ 天数 的在库批次；金额 = 数量 x 标准成本",
    ),
    "abc": words(
        "consumption value = quantity consumed or shipped x standard cost, largest first; an item is A while those before it make "
        "less than a_percent (80) of the total, B while less than b_percent (95), else C",
        "消耗金额 = 消耗量 x 标准成本，从大到小；其前累计占比低于 a_percent（80%）为 A，低于 b_percent（95%）为 B，其余为 C",
    ),
    "stock_outs": words(
        "stock-out = a time during which a line-side place with a replenishment loop was emptied, or consumption waited "
        "there for stock; overlapping times are one; counted in the month in which it began; one that reaches into the "
        "window is told whole",
        "断料 = 设有补料回路的线边库位变为零库存，或有消耗等待库存的时段；重叠时段合并为一次，计入开始的月份；跨入统计期的按完整时段列出",
    ),
    "consumption_variance": words(
        "variance = actual (booked + waiting for stock) - standard (produced x quantity per piece x (1 + scrap %)); "
        "value = variance x standard cost",
        "差异 = 实际（已过账 + 待料）- 标准（产出 x 单件用量 x (1 + 损耗率)）；金额 = 差异 x 标准成本",
    ),
}


@router.get("/stock/as-of")
async def get_stock_as_of(
    server: ServerHere,
    response: Response,
    at: AwareDatetime,
    item: CodeQuery = None,
    location: CodeQuery = None,
    after: Annotated[str, Query(pattern=r"^\d{1,9}-\d{1,9}-\d{1,9}$")] = "0-0-0",
    limit: Limit = 100,
) -> list[StockAsOf]:
    """What lay where at a time, by the business time of the postings; late facts count when they happened."""
    first, second, third = (int(part) for part in after.split("-"))
    async with server.pool.connection() as connection:
        item_id = await stock_reports.find_item(connection, item) if item else None
        if item and item_id is None:
            raise NotFound(what=ITEM, name=item)
        location_id = await stock_reports.find_location(connection, location) if location else None
        if location and location_id is None:
            raise NotFound(what=LOCATION, name=location)
        rows = await stock_reports.as_of(
            connection,
            at=at,
            item_id=item_id,
            location_id=location_id,
            after=(first, second, third),
            limit=limit,
        )
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    return [StockAsOf.model_validate(asdict(row)) for row in rows]


@router.get("/reports/days-of-cover")
async def get_days_of_cover(
    server: ServerHere, language: Language, response: Response,
    days: Days = 30, after: Offset = 0, limit: Limit = 100,
) -> DaysOfCover:  # fmt: skip
    """How many days each item lasts."""
    page = _Page(server, language, response, days=days, after=after, limit=limit)
    rows = await page.read("days_of_cover", CoverRow)
    return DaysOfCover.model_validate(page.answer("days_of_cover", rows))


@router.get("/reports/turns")
async def get_turns(
    server: ServerHere, language: Language, response: Response,
    days: Days = 30, after: Offset = 0, limit: Limit = 100,
) -> InventoryTurns:  # fmt: skip
    """How often each item's stock turned over."""
    page = _Page(server, language, response, days=days, after=after, limit=limit)
    rows = await page.read("turns", TurnsRow)
    return InventoryTurns.model_validate(page.answer("turns", rows))


@router.get("/reports/dead-stock")
async def get_dead_stock(
    server: ServerHere, language: Language, response: Response,
    days: Days = 90, after: Offset = 0, limit: Limit = 100,
) -> DeadStock:  # fmt: skip
    """What nobody touched."""
    page = _Page(server, language, response, days=days, after=after, limit=limit)
    rows = await page.read("dead_stock", DeadStockRow)
    return DeadStock.model_validate(page.answer("dead_stock", rows))


@router.get("/reports/expiry")
async def get_expiry(
    server: ServerHere, language: Language, response: Response,
    days: Days = 30, after: Offset = 0, limit: Limit = 100,
) -> Expiry:  # fmt: skip
    """Lots that expire within so many days, and those that did."""
    page = _Page(server, language, response, days=days, after=after, limit=limit)
    rows = await page.read("expiry", ExpiryRow)
    return Expiry.model_validate(page.answer("expiry", rows))


@router.get("/reports/abc")
async def get_abc(
    server: ServerHere, language: Language, response: Response,
    days: Days = 365, a_percent: Share = 80, b_percent: Share = 95, after: Offset = 0, limit: Limit = 100,
) -> AbcClasses:  # fmt: skip
    """Items by what their consumption is worth, with shares of your own for where A and B end."""
    check_shares(a_percent=Decimal(a_percent), b_percent=Decimal(b_percent))
    page = _Page(
        server,
        language,
        response,
        days=days,
        after=after,
        limit=limit,
        shares=(a_percent, b_percent),
    )
    rows = await page.read("abc", AbcRow)
    return AbcClasses.model_validate(page.answer("abc", rows))


@router.post("/reports/abc/apply")
async def post_abc(server: ServerHere, call: CallHere, body: AbcApply) -> AbcApplied:
    """Give every item the class that the report finds for it; counting and buying go by it from then on."""
    answer = await apply_abc(
        server.pool, call, days=body.days, a_percent=body.a_percent, b_percent=body.b_percent
    )
    return AbcApplied.model_validate(answer)


@router.get("/reports/stock-outs")
async def get_stock_outs(
    server: ServerHere, language: Language, response: Response,
    days: Days = 90, after: Offset = 0, limit: Limit = 500,
) -> StockOuts:  # fmt: skip
    """When line sides stood without material."""
    page = _Page(server, language, response, days=days, after=after, limit=limit)
    rows = await page.read("stock_outs", StockOutRow)
    answer = page.answer("stock_outs", rows)
    return StockOuts.model_validate({**answer, "months": _months(rows)})


@router.get("/reports/consumption-variance")
async def get_consumption_variance(
    server: ServerHere, language: Language, response: Response,
    order: CodeQuery = None, days: Days = 30, after: Offset = 0, limit: Limit = 100,
) -> ConsumptionVariance:  # fmt: skip
    """Actual against standard: of one order, or of all that ended within the window."""
    page = _Page(server, language, response, days=days, after=after, limit=limit, order=order)
    rows = await page.read("consumption_variance", VarianceRow)
    return ConsumptionVariance.model_validate(page.answer("consumption_variance", rows))


class _Page:
    """One page of a report: its window ends now."""

    def __init__(
        self,
        server: Server,
        language: str,
        response: Response,
        *,
        days: int,
        after: int,
        limit: int,
        order: str | None = None,
        shares: tuple[float, float] = (A_PERCENT, B_PERCENT),
    ) -> None:
        self._shares = shares
        self._server, self._language, self._response = server, language, response
        self._days, self._after, self._limit, self._order = days, after, limit, order
        self._now = server.clock.now()
        self._since = self._now - timedelta(days=days)

    async def read(self, name: str, row_type: type[Row]) -> list[Row]:
        """The rows of this page."""
        async with self._server.pool.connection() as connection:
            parameters = {
                "since": self._since,
                "until": self._now,
                "before": self._since,
                "days": self._days,
                "order": self._order,
                "a_percent": self._shares[0],
                "b_percent": self._shares[1],
                "today": await stock_effects.plant_date(connection, now=self._now),
            }
            rows = await stock_reports.report(
                connection, name, row_type, parameters, offset=self._after, limit=self._limit
            )
        mark_next(self._response, rows, limit=self._limit, after=self._after + len(rows))
        return rows

    def answer(self, name: str, rows: Sequence[Any]) -> dict[str, Any]:
        """The report as its contract reads it."""
        return {
            "formula": in_language(FORMULAS[name], self._language),
            "at": self._now,
            "since": self._since,
            "until": self._now,
            "rows": [_row(asdict(row)) for row in rows],
        }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """With the path of the postings behind it."""
    which = {key: row[key] for key in ("item", "lot", "location", "order") if row.get(key)}
    return {**row, "behind": f"/api/v1/movements?{urlencode(which)}"}


def _months(rows: Sequence[StockOutRow]) -> list[dict[str, Any]]:
    times: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for row in rows:
        times[row.month, row.item, row.location].append(row.minutes)
    return [
        {
            "month": month,
            "item": item,
            "location": location,
            "times": len(minutes),
            "minutes": sum(minutes, Decimal(0)),
        }
        for (month, item, location), minutes in sorted(times.items())
    ]
