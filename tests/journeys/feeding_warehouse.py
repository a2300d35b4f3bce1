"""The warehouse of the feeding plant, as lists of the contract: purchase orders, count sheets, places, loops, proposals."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from mes_server.contract.cycle_counts import CountList
from mes_server.contract.locations import SavedLocation
from mes_server.contract.purchasing import Proposal, PurchaseLine, PurchaseOrder, Supplier
from mes_server.contract.replenishment import KanbanCard, Loop
from mes_server.contract.stock import StockLine

STORE = {"en": "Raw material store", "zh": "原料库"}
RESIN = {"en": "PP resin, natural", "zh": "聚丙烯树脂"}
LONG = {"en": "Heating element 2200 W with thermostat", "zh": "带温控器的2200瓦发热盘"}


def lists(now: datetime) -> dict[str, list[Any]]:
    """Path of a list below /api/v1 -> its rows."""
    rows: dict[str, list[BaseModel]] = {
        "purchase-orders": [_order(now)],
        "locations": _places(),
        "stock": _stock(now),
        "containers": [],
        "counts": [_sheet(now)],
        "replenishment-loops": [_loop(now), _loop(now, method="kanban", rate=None)],
        "proposals": [_proposal(now)],
        "kanban-cards": [_card(now)],
        "suppliers": [Supplier(code="S-1", name={"en": "Parts supplier", "zh": "零件供应商"})],
    }
    return {path: [row.model_dump(mode="json") for row in found] for path, found in rows.items()}


def cover(now: datetime) -> dict[str, Any]:
    """`GET /reports/days-of-cover`, before anything was consumed."""
    return {"formula": "", "at": now.isoformat(), "since": None, "until": None, "rows": []}


def _order(now: datetime) -> PurchaseOrder:
    def line(number: int, name: dict[str, str], hours: int) -> PurchaseLine:
        return PurchaseLine(
            line=number,
            item="HEATING-ELEMENT",
            item_name=name,
            location="RM-STORE",
            quantity=Decimal(12_400),
            stock_unit="pcs",
            unit="ctn",
            unit_quantity=Decimal(124),
            price=Decimal("2.15"),
            due_at=now + timedelta(hours=hours),
            over_percent=Decimal(5),
            received=Decimal(1200),
            rejected=Decimal(0),
            outstanding=Decimal(11_200),
            open=True,
            receipts=[],
        )

    return PurchaseOrder(
        number="PO-2101",
        state="confirmed",
        supplier="S-1",
        supplier_name={"en": "Parts supplier", "zh": "零件供应商"},
        supplier_reference="",
        created_at=now,
        confirmed_at=now,
        closed_at=None,
        version=1,
        lines=[line(1, LONG, -3), line(2, RESIN, 30)],
    )


def _places() -> list[BaseModel]:
    rack = {"en": "Rack A, bin 1", "zh": "A架1号货位"}
    return [
        SavedLocation(code="RM-STORE", name=STORE, kind="store", parent=None, active=True),
        SavedLocation(code="RM-A1", name=rack, kind="bin", parent="RM-STORE", active=True),
    ]


def _stock(now: datetime) -> list[BaseModel]:
    return [
        StockLine(
            location="RM-STORE",
            location_name=STORE,
            kind="store",
            item="PP-RESIN",
            item_name=RESIN,
            unit="kg",
            lot="PP-2406-01",
            quantity=Decimal("1232.5"),
            reserved=Decimal(100),
            expires_on=(now + timedelta(days=10)).date(),
            status="held",
        )
    ]


def _sheet(now: datetime) -> CountList:
    return CountList(
        id=1,
        location="RM-STORE",
        location_name=STORE,
        abc_class="A",
        note="Monthly count of raw material in the store and in all of its bins",
        created_at=now,
        created_by="Warehouse 3001",
        closed_at=None,
        lines=7,
        counted=2,
        waiting=1,
        accuracy_percent=None,
    )


def _loop(now: datetime, *, method: Any = "reorder_point", rate: int | None = 120) -> Loop:
    return Loop(
        item="HEATING-ELEMENT",
        item_name=LONG,
        unit="pcs",
        location="A1-LS",
        location_name={"en": "Assembly line side", "zh": "装配线边"},
        kind="transfer",
        method=method,
        source="RM-STORE",
        supplier=None,
        active=True,
        reorder_point=Decimal(360),
        order_quantity=Decimal(600),
        max_quantity=None,
        safety_stock=Decimal(0),
        lead_time_s=600,
        order_min=None,
        order_multiple=None,
        order_max=None,
        pack_unit=None,
        scanned=True,
        lot_sizing="lot_for_lot",
        period_days=7,
        on_hand=Decimal(300),
        reserved=Decimal(0),
        waiting=Decimal(0),
        asked=Decimal(0),
        called=Decimal(0),
        purchased=Decimal(0),
        made=Decimal(0),
        projected=Decimal(300),
        rate_per_hour=None if rate is None else Decimal(rate),
        runs_out_at=None if rate is None else now + timedelta(minutes=20),
        next_supply_at=None,
        open_call=None,
        open_proposal=None,
        cards=3,
        empty_cards=1,
    )


def _proposal(now: datetime) -> Proposal:
    return Proposal(
        id=3,
        kind="purchase",
        state="proposed",
        item="HEATING-ELEMENT",
        item_name=LONG,
        unit="pcs",
        location="RM-STORE",
        supplier=None,
        quantity=Decimal(24_000),
        proposed_quantity=Decimal(22_000),
        start_at=now - timedelta(hours=2),
        due_at=now + timedelta(days=3),
        late=True,
        run=None,
        projected=Decimal(1200),
        why={},
        pegs=[],
        raised_at=now,
        decided_at=None,
        decision="",
        order=None,
    )


def _card(now: datetime) -> KanbanCard:
    return KanbanCard(
        code="K12-001",
        state="empty",
        call=None,
        changed_at=now,
        item="HEATING-ELEMENT",
        item_name=LONG,
        unit="pcs",
        location="A1-LS",
        location_name={"en": "Assembly line side", "zh": "装配线边"},
        source="RM-STORE",
        quantity=Decimal(600),
    )
