"""Items, stock and calls of the feeding server's made-up plant."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mes_server.contract.feed import SignalCard, SignalPick, StockCard, StockLot

ITEMS: dict[str, tuple[dict[str, str], str]] = {
    "KB-17": ({"en": "Kettle body 1.7 l white", "zh": "水壶壶体 1.7 升 白色"}, "pcs"),
    "KT-17": ({"en": "Electric kettle 1.7 l", "zh": "电水壶 1.7 升"}, "pcs"),
    "KT-17-CTN": ({"en": "Kettle carton of 10", "zh": "电水壶 10 台装箱"}, "ctn"),
    "PP-RESIN": ({"en": "PP resin natural", "zh": "聚丙烯原料 本色"}, "kg"),
    "MB-WHITE": ({"en": "Masterbatch white", "zh": "白色母粒"}, "kg"),
    "HEATER": ({"en": "Heating element 1500 W", "zh": "发热盘 1500 W"}, "pcs"),
    "CORD": ({"en": "Cord set 0.75 m", "zh": "电源线 0.75 米"}, "pcs"),
    "CARTON": ({"en": "Shipping carton", "zh": "运输纸箱"}, "pcs"),
    "LABEL": ({"en": "Carton label", "zh": "箱标签"}, "pcs"),
}


def stock(now: datetime) -> list[StockCard]:
    """One place in each standing: fine, low, empty, short, and one that is not managed."""
    return [
        place(
            "M1-LS",
            "PP-RESIN",
            now,
            on_hand="212.4",
            point="75",
            order="200",
            rate="31.2",
            end_h=6.8,
        ),
        place(
            "M1-LS",
            "MB-WHITE",
            now,
            on_hand="4.1",
            point="5",
            order="20",
            rate="1.25",
            end_h=3.3,
            call=7,
        ),
        place(
            "A1-LS",
            "HEATER",
            now,
            on_hand="310",
            point="400",
            order="500",
            rate="1400",
            end_h=0.2,
            call=8,
        ),
        place(
            "A1-LS",
            "CORD",
            now,
            on_hand="0",
            point="400",
            order="500",
            rate="1400",
            short="64",
            end_h=0,
            call=9,
        ),
        place(
            "A1-LS", "KB-17", now, on_hand="1840", point=None, order=None, rate="1400", end_h=1.3
        ),
        place(
            "P1-LS", "CARTON", now, on_hand="640", point="120", order="400", rate=None, end_h=None
        ),
        place(
            "P1-LS", "LABEL", now, on_hand="2400", point="500", order="1000", rate=None, end_h=None
        ),
    ]


LOCATIONS = {
    "M1-LS": {"en": "Moulding line 1, line side", "zh": "注塑一线线边"},
    "A1-LS": {"en": "Assembly line 1, line side", "zh": "装配一线线边"},
    "P1-LS": {"en": "Packing line 1, line side", "zh": "包装一线线边"},
    "WH-1": {"en": "Warehouse", "zh": "主仓库"},
}


def place(
    location: str,
    item: str,
    now: datetime,
    *,
    on_hand: str,
    point: str | None,
    order: str | None,
    rate: str | None,
    end_h: float | None,
    short: str = "0",
    call: int | None = None,
) -> StockCard:
    """Stock of an item at a line."""
    name, measure = ITEMS[item]
    return StockCard(
        location=location,
        location_name=LOCATIONS[location],
        location_kind="line_side",
        item=item,
        item_name=name,
        unit=measure,
        on_hand=Decimal(on_hand),
        reserved=Decimal(0),
        shortage=Decimal(short),
        projected=Decimal(on_hand) - Decimal(short),
        reorder_point=None if point is None else Decimal(point),
        order_quantity=None if order is None else Decimal(order),
        source=None if point is None else "WH-1",
        source_on_hand=None if point is None else Decimal(5000),
        rate_per_hour=None if rate is None else Decimal(rate),
        runs_out_at=None if end_h is None else now + timedelta(hours=end_h),
        open_signal=call,
        lots=[
            StockLot(
                lot="L-1",
                quantity=Decimal(on_hand),
                expires_on=None,
                status="available",
                mounted_at=None,
            )
        ],
    )


def signals(now: datetime) -> list[SignalCard]:
    """Calls raised, accepted and delivered."""
    return [
        call(
            7,
            "MB-WHITE",
            "M1-LS",
            now,
            quantity="20",
            on_hand="4.1",
            end_h=3.3,
            suggested={"L-2431": "20"},
        ),
        call(
            8,
            "HEATER",
            "A1-LS",
            now,
            quantity="500",
            on_hand="310",
            end_h=0.2,
            state="accepted",
            suggested={"L-2440": "300", "L-2441": "200"},
            accepted_at=now - timedelta(minutes=4),
            accepted_by="Store One",
        ),
        call(
            9,
            "CORD",
            "A1-LS",
            now,
            quantity="500",
            on_hand="0",
            end_h=0,
            suggested={"L-2452": "500"},
        ),
        call(
            6,
            "LABEL",
            "P1-LS",
            now,
            quantity="1000",
            on_hand="2400",
            end_h=None,
            state="delivered",
            delivered_at=now - timedelta(minutes=25),
        ),
    ]


def call(
    number: int,
    item: str,
    location: str,
    now: datetime,
    *,
    quantity: str,
    on_hand: str,
    end_h: float | None,
    suggested: dict[str, str] | None = None,
    **rest: Any,
) -> SignalCard:
    """A replenishment signal."""
    name, measure = ITEMS[item]
    empty: dict[str, Any] = {
        "state": "raised",
        "accepted_at": None,
        "accepted_by": None,
        "picked_at": None,
        "delivered_at": None,
        "picks": [],
    }
    return SignalCard(
        number=number,
        item=item,
        item_name=name,
        unit=measure,
        quantity=Decimal(quantity),
        delivered_quantity=Decimal(0),
        source="WH-1",
        source_name=LOCATIONS["WH-1"],
        location=location,
        location_name=LOCATIONS[location],
        on_hand=Decimal(on_hand),
        runs_out_at=None if end_h is None else now + timedelta(hours=end_h),
        projected_when_raised=Decimal(on_hand),
        reorder_point=Decimal(400),
        raised_at=now - timedelta(minutes=9, seconds=12),
        suggested=[
            SignalPick(
                lot=lot, quantity=Decimal(q), location="WH-1", location_name=LOCATIONS["WH-1"]
            )
            for lot, q in (suggested or {}).items()
        ],
        **{**empty, **rest},
    )
