"""A made-up plant for the feeding server: contract-valid cards whose figures the browser tests know."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mes_server.contract.feed import (
    MountedLot,
    OrderCard,
    PlantSnapshot,
    RunningOrder,
    State,
    StateSegment,
    UnitCard,
)
from mes_server.contract.people import Person
from mes_server.contract.work_orders import MaterialNeed, QueueEntry
from tests.journeys import feeding_stock
from tests.journeys.feeding_stock import ITEMS

MOULDER = "moulding/M1/IMM1"
ASSEMBLY = "assembly/A1/ASM1"
PACKING = "packing/P1/PCK1"
EMPTY = "moulding/M2/IMM2"

NAMES = {
    MOULDER: ({"en": "Moulder 1", "zh": "注塑机 1"}, {"en": "Moulding line 1", "zh": "注塑一线"}),
    ASSEMBLY: ({"en": "Assembly 1", "zh": "装配机 1"}, {"en": "Assembly line 1", "zh": "装配一线"}),
    PACKING: (
        {"en": "Packing cell 1", "zh": "装箱单元 1"},
        {"en": "Packing line 1", "zh": "包装一线"},
    ),
}
BADGE_WITH_PIN, PIN = "4001", "2468"
PEOPLE = {
    "4001": Person(badge="4001", name="Planner One", roles=["planner"], language="en"),
    "1001": Person(badge="1001", name="Operator One", roles=["operator"], language="en"),
    "2001": Person(badge="2001", name="Store One", roles=["warehouse"], language="en"),
    "3001": Person(
        badge="3001", name="Leader One", roles=["leader", "operator", "planner"], language="en"
    ),
}


def kettle_works(now: datetime) -> PlantSnapshot:
    """The whole plant as it is at the start."""
    return PlantSnapshot(
        position="1-0",
        site="kettle-works",
        name={"en": "Kettle works", "zh": "电水壶工厂"},
        time_zone="Asia/Shanghai",
        at=now,
        units=units(now),
        orders=orders(now),
        stock=feeding_stock.stock(now),
        signals=feeding_stock.signals(now),
        states={path: strip(path, now) for path in NAMES},
    )


def units(now: datetime) -> list[UnitCard]:
    """A moulder that runs ahead, an assembly that is down and short, a packing cell without an order."""
    return [
        unit(
            MOULDER,
            "running",
            now - timedelta(minutes=42, seconds=10),
            now,
            order=running(MOULDER, "WO-1042", "KB-17", now, good=128, target=480, scrap=3, ahead=6),
            rate_per_min=Decimal("7.3"),
            standard_per_min=Decimal("7.2"),
            mounted=[
                lot("PP-RESIN", "L-2408", "15.5", "25", now + timedelta(minutes=94)),
                lot("MB-WHITE", "L-2391", "0.6", "5", now + timedelta(minutes=11)),
            ],
        ),
        unit(
            ASSEMBLY,
            "down",
            now - timedelta(minutes=3, seconds=25),
            now,
            state_detail="E-stop at station 2",
            order=running(
                ASSEMBLY, "WO-1043", "KT-17", now, good=12480, target=15000, scrap=41, ahead=-214
            ),
            standard_per_min=Decimal(24),
            mounted=[
                lot("HEATER", "L-2377", "310", "500", None),
                lot("CORD", "L-2380", "88", "500", None),
            ],
            shortages=2,
        ),
        unit(
            PACKING,
            "unknown",
            now - timedelta(minutes=9),
            now - timedelta(minutes=9),
            no_order_good=Decimal(37),
            no_order_scrap=Decimal(2),
        ),
    ]


def unit(path: str, state: State, since: datetime, heard: datetime, **rest: Any) -> UnitCard:
    """A unit with everything else empty."""
    name, line_name = NAMES[path]
    empty: dict[str, Any] = {
        "state_detail": "",
        "order": None,
        "rate_per_min": None,
        "standard_per_min": None,
        "mounted": [],
        "totals": {},
        "no_order_good": Decimal(0),
        "no_order_scrap": Decimal(0),
        "shortages": 0,
    }
    return UnitCard(
        path=path,
        line=path.rsplit("/", 1)[0],
        name=name,
        line_name=line_name,
        state=state,
        state_since=since,
        last_heard_at=heard,
        **{**empty, **rest},
    )


def running(
    path: str,
    number: str,
    item: str,
    now: datetime,
    *,
    good: int,
    target: int,
    scrap: int,
    ahead: int,
) -> RunningOrder:
    """The order at a unit."""
    name, measure = ITEMS[item]
    return RunningOrder(
        number=number,
        operation=10,
        state="running",
        item=item,
        item_name=name,
        unit=measure,
        target=Decimal(target),
        good=Decimal(good),
        scrap=Decimal(scrap),
        rework=Decimal(1),
        started_at=now - timedelta(hours=2),
        due_at=now + timedelta(hours=2 if ahead > 0 else 1),
        ahead=Decimal(ahead),
        predicted_finish_at=now + timedelta(minutes=48 if ahead > 0 else 105),
    )


def lot(item: str, code: str, left: str, full: str, ends: datetime | None) -> MountedLot:
    """A mounted lot."""
    name, measure = ITEMS[item]
    return MountedLot(
        item=item,
        item_name=name,
        lot=code,
        unit=measure,
        quantity=Decimal(left),
        quantity_at_mount=Decimal(full),
        expires_on=None,
        runs_out_at=ends,
    )


def strip(path: str, now: datetime) -> list[StateSegment]:
    """Eight hours of states."""
    runs: list[tuple[State, int]] = [
        ("planned_stop", 35),
        ("setup", 22),
        ("running", 118),
        ("down", 14),
        ("running", 75),
        ("starved", 18),
        ("running", 96),
        ("slow", 26),
        ("quality_hold", 9),
        ("running", 67),
    ]
    if path == ASSEMBLY:
        runs[-1:] = [("running", 64), ("down", 3)]
    if path == PACKING:
        runs[-1:] = [("running", 58), ("unknown", 9)]
    segments: list[StateSegment] = []
    start = now - timedelta(minutes=sum(minutes for _, minutes in runs))
    for index, (state, minutes) in enumerate(runs):
        end = None if index == len(runs) - 1 else start + timedelta(minutes=minutes)
        segments.append(StateSegment(state=state, detail="", start=start, end=end))
        start += timedelta(minutes=minutes)
    return segments


def orders(now: datetime) -> list[OrderCard]:
    """Running, waiting, paused and done orders."""
    return [
        order(
            "WO-1042", "running", "KB-17", MOULDER, now, due_h=2, good=128, target=480, end_h=0.8
        ),
        order(
            "WO-1043",
            "running",
            "KT-17",
            ASSEMBLY,
            now,
            due_h=1,
            good=12480,
            target=15000,
            end_h=1.75,
        ),
        order("WO-1044", "allowed_to_start", "KB-17", MOULDER, now, due_h=6, target=960),
        order("WO-1045", "allowed_to_start", "KT-17", ASSEMBLY, now, due_h=9, target=600),
        order("WO-1046", "suspended", "KT-17-CTN", PACKING, now, due_h=-1.5, good=12, target=60),
        order("WO-1047", "not_allowed_to_start", "KB-17", MOULDER, now, due_h=30, target=2400),
        order("WO-1048", "held", "KB-17", MOULDER, now, due_h=12, good=40, target=240),
        order("WO-1041", "completed", "KT-17-CTN", PACKING, now, due_h=-4, good=62, target=60),
    ]


def order(
    number: str,
    state: Any,
    item: str,
    path: str,
    now: datetime,
    *,
    due_h: float,
    target: int,
    good: int = 0,
    end_h: float | None = None,
) -> OrderCard:
    """An operation of a work order."""
    name, measure = ITEMS[item]
    started = good > 0
    return OrderCard(
        number=number,
        operation=10,
        state=state,
        item=item,
        item_name=name,
        unit=measure,
        target=Decimal(target),
        good=Decimal(good),
        scrap=Decimal(3 if started else 0),
        rework=Decimal(0),
        equipment=path,
        equipment_name=NAMES[path][0],
        priority=100,
        due_at=now + timedelta(hours=due_h),
        released_at=now - timedelta(hours=5),
        started_at=now - timedelta(hours=2) if started else None,
        ended_at=now - timedelta(hours=1) if state == "completed" else None,
        predicted_finish_at=None if end_h is None else now + timedelta(hours=end_h),
        over_percent=Decimal(10),
        version=3,
    )


def queue(path: str, cards: list[OrderCard], language: str) -> list[QueueEntry]:
    """What may run next at a unit; WO-1045 lacks a component."""
    return [
        QueueEntry(
            number=card.number,
            operation=card.operation,
            materials=_needs(card.number, card.item),
            blocked_by=_reasons(card.number, language),
        )
        for card in cards
        if card.equipment == path
        and card.state in ("allowed_to_start", "held", "suspended", "running")
    ]


def _needs(number: str, item: str) -> list[MaterialNeed]:
    rows = {
        "KB-17": [
            ("PP-RESIN", "307.2", "212.4", "1840", True),
            ("MB-WHITE", "9.6", "4.1", "60", True),
        ],
        "KT-17": [
            ("KB-17", "600", "1840", "0", True),
            ("HEATER", "600", "310", "500", True),
            ("CORD", "600", "0", "0", False),
        ],
    }.get(item, [])
    return [
        MaterialNeed(
            item=code,
            item_name=ITEMS[code][0],
            unit=ITEMS[code][1],
            required=required,
            line_side=here,
            elsewhere=elsewhere,
            ready=ready,
        )
        for code, required, here, elsewhere, ready in rows
    ]


def _reasons(number: str, language: str) -> list[str]:
    if number != "WO-1045":
        return []
    return (
        ["线边和仓库都没有电源线。"]
        if language == "zh"
        else ["There is no cord set, neither here nor in the warehouse."]
    )
