"""What an order used and made, lot by lot; and whether orders were ready when they were due."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.order_reports import OnTimeDelivery, OrderLot
from mes_server.domain.refusal import in_language, words
from mes_server.storage import order_reports

router = APIRouter(tags=["reports"], dependencies=[Depends(screens_only)])
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Rows of the pages before")]

ON_TIME = words(
    "on-time delivery = orders whose last operation was completed at or before their due time / orders completed in the "
    "window; aborted orders are left out, and the due time is the one in force now. In full = good >= quantity ordered",
    "准时交付率 = 末道工序在交期或之前完工的工单数 / 统计期内完工的工单数；已取消的工单不计，交期以当前有效值为准。足量 = 合格数 >= 订单数量",
)


@router.get("/work-orders/{number:path}/lots")
async def get_order_lots(
    server: ServerHere,
    response: Response,
    number: str,
    after: Offset = 0,
    limit: Limit = 200,
) -> list[OrderLot]:
    """The lots that an order consumed and made, operation by operation."""
    async with server.pool.connection() as connection:
        rows = await order_reports.lots(connection, number=number, offset=after, limit=limit)
    mark_next(response, rows, limit=limit, after=after + len(rows))
    return [OrderLot.model_validate(asdict(row)) for row in rows]


@router.get("/reports/on-time-delivery")
async def get_on_time_delivery(
    server: ServerHere,
    language: Language,
    response: Response,
    days: Annotated[
        int, Query(ge=1, le=3_660, description="Length of the window that ends now")
    ] = 30,
    after: Offset = 0,
    limit: Limit = 100,
) -> OnTimeDelivery:
    """Orders that were completed, and whether that was in time."""
    now = server.clock.now()
    since = now - timedelta(days=days)
    async with server.pool.connection() as connection:
        rows = await order_reports.deliveries(
            connection, since=since, until=now, offset=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=after + len(rows))
    first = rows[0] if rows else None
    orders, on_time = (first.orders, first.orders_on_time) if first else (0, 0)
    percent = round(Decimal(on_time) * 100 / orders, 1) if orders else None
    return OnTimeDelivery.model_validate(
        {
            "formula": in_language(ON_TIME, language),
            "at": now,
            "since": since,
            "until": now,
            "orders": orders,
            "orders_on_time": on_time,
            "orders_in_full": first.orders_in_full if first else 0,
            "on_time_percent": percent,
            "rows": [
                {
                    **asdict(row),
                    "behind": f"/api/v1/movements?{urlencode({'order': row.order})}",
                }
                for row in rows
            ],
        }
    )
