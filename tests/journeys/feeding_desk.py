"""What the desk's screens are told about a made-up plant: one order whole, a lot's tree, open items, and reports."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from tests.journeys.feeding_plant import MOULDER

KETTLE = {"en": "Electric kettle", "zh": "电水壶"}
HEATER = {"en": "Heating element", "zh": "发热盘"}
LINE_SIDE = {"en": "Assembly line side", "zh": "装配线边"}
MOULDER_NAME = {"en": "Moulder 1", "zh": "注塑机 1"}
UNIT = MOULDER
FORMULA = "value = quantity x standard cost"


def answers(path: str, now: datetime, orders: list[dict[str, Any]]) -> Any:
    """The answer to GET `path` under /api/v1; None where these screens ask for nothing."""
    parts = unquote(path).split("/")
    match parts:
        case ["work-orders", number]:
            return [card for card in orders if card["number"] == number] or None
        case ["work-orders", number, what]:
            return _of_order(number, what, now)
        case ["lots", item, lot, *what]:
            return _of_lot(item, lot, what[0] if what else "", now)
        case ["why", *_]:
            return _why()
        case _:
            return _lists(now).get(path)


def _of_order(number: str, what: str, now: datetime) -> Any:
    at = now.isoformat()
    component = {
        "operation": 10, "item": "HEATING-ELEMENT", "item_name": HEATER, "unit": "pcs", "location": "A1-LS", "location_name": LINE_SIDE,
        "required": "480", "issued": "128", "needed": "352", "here": "310", "reserved": "0", "to_bring": "42", "missing": "0",
        "elsewhere": [{"location": "WH", "location_name": {"en": "Warehouse", "zh": "仓库"}, "quantity": "1200"}],
        "incoming": [{"kind": "call", "reference": "8", "quantity": "400", "at": at, "external": False}],
        "comes_at": at, "ready": "to_bring",
    }  # fmt: skip
    change = {
        "id": 1, "operation": None, "what": "quantity", "before": "400", "after": "480", "reason": "customer ordered more", "at": at,
        "person": "Planner One",
    }  # fmt: skip
    lot = {
        "operation": 10, "item": "HEATING-ELEMENT", "item_name": HEATER, "unit": "pcs", "lot": "HE-5501", "status": "available",
        "equipment": UNIT, "consumed": "128", "produced": None, "since": at, "until": at, "consumed_value": "256.00",
    }  # fmt: skip
    return {
        "readiness": {
            "number": number, "item": "KETTLE", "item_name": KETTLE, "unit": "pcs", "target": "480", "due_at": at, "priority": 10,
            "ready": "to_bring", "components": [component],
        },
        "lots": [lot],
        "changes": [change],
        "production-reports": [],
    }.get(what)  # fmt: skip


def _variance(now: datetime) -> dict[str, Any]:
    at = now.isoformat()
    row = {
        "item": "HEATING-ELEMENT", "item_name": HEATER, "behind": "/api/v1/movements?item=HEATING-ELEMENT", "order": "WO-1042",
        "operation": 10, "produced": "128", "unit": "pcs", "standard": "128", "booked": "130", "waiting": "0", "actual": "130",
        "variance": "2", "standard_cost": "2.00", "variance_value": "4.00",
    }  # fmt: skip
    return {"formula": FORMULA, "at": at, "since": at, "until": at, "rows": [row]}


def _of_lot(item: str, lot: str, what: str, now: datetime) -> Any:
    at, later = now.isoformat(), (now + timedelta(minutes=20)).isoformat()
    name = {"item": item, "item_name": HEATER, "lot": lot, "unit": "pcs"}
    known = {
        **name, "status": "available", "expires_on": "2027-05-01", "expired": False, "supplier_lot": "S-77", "received_at": at,
        "on_hand": "310", "reserved": "0", "places": 1, "at": [], "containers": [], "mounted": [], "serials": 0, "origin": None,
        "last_movements": [], "links": [],
    }  # fmt: skip
    place = {
        "location": "A1-LS",
        "location_name": LINE_SIDE,
        "kind": "line_side",
        "quantity": "310",
    }
    supplier = {
        "location": "SUPPLIER",
        "location_name": {"en": "Suppliers", "zh": "供应商"},
        "kind": "supplier",
        "quantity": "-310",
    }
    made = {**known, "item": "KETTLE", "item_name": KETTLE, "lot": "WO-1042", "depth": 1}
    link = {
        "input_item": item, "input_lot": lot, "consumed": "128", "input_unit": "pcs", "output_item": "KETTLE", "output_lot": "WO-1042",
        "produced": "128", "output_unit": "pcs", "order": "WO-1042", "operation": 10, "equipment": UNIT, "since": at, "until": later,
        "window_from": at,
    }  # fmt: skip
    tree = {
        "item": item,
        "lot": lot,
        "direction": "forward",
        "depth": 30,
        "lots": [{**known, "depth": 0}, made],
        "links": [link],
        "cut": None,
    }
    recall = {
        "lot": {**known, "depth": 0}, "places": [place], "without_order": [], "cut": None,
        "products": [{**made, "produced": "128", "orders": ["WO-1042"], "places": [place]}],
        "exposures": [{"link": link, "process_values": []}],
    }  # fmt: skip
    balance = {**name, "came": "310", "difference": "0", "accounts": [supplier, place]}
    return {"": known, "balance": balance, "genealogy": tree, "recall": recall}.get(what)


def _lists(now: datetime) -> dict[str, Any]:
    hour = now.replace(minute=0, second=0, microsecond=0).isoformat()
    at = now.isoformat()
    count = {
        "equipment": UNIT,
        "equipment_name": MOULDER_NAME,
        "hour": hour,
        "good": "37",
        "scrap": "2",
    }
    short = {
        "id": 3, "kind": "backflush", "item": "CORD", "item_name": {"en": "Cord set", "zh": "电源线组"}, "unit": "pcs", "location": "A1-LS",
        "location_name": LINE_SIDE, "equipment": UNIT, "order": "WO-1042", "quantity": "40", "remaining": "40", "since": at,
    }  # fmt: skip
    doubted = {
        "id": 9, "agent": "edge-moulding", "equipment": UNIT, "signal": "good", "at": at, "quantity": "900",
        "reason": "900 pieces in 2 s cannot be right", "resolved_at": None,
    }  # fmt: skip
    gateway = {
        "name": "gateway-1", "heard_at": at, "silent": False, "since": at, "messages": 9, "facts": 9, "quarantined": 1, "waiting": 0,
        "turned_away": [], "failures": {}, "alerts": [{"en": "Messages of edge-2 are turned away: look at it.", "zh": "代理 edge-2 的消息被拒收，请检查。"}],
    }  # fmt: skip
    shift = {
        "unit": UNIT, "since": hour, "until": at, "good": "480", "scrap": "6", "unheard_s": "600",
        "states": [{"state": "running", "seconds": "25000"}, {"state": "down", "seconds": "900"}],
    }  # fmt: skip
    return {
        "no-order-counts": [count],
        "no-order-weighings": [],
        "shortages": [short],
        "quarantine": [doubted],
        "over-upstream": [],
        "gateways": [gateway],
        "restatements": [],
        "scrap-reports": [],
        "serials": [],
        "reports/consumption-variance": _variance(now),
        "history/production": {"window": "shift", "time_zone": "UTC", "rows": [shift]},
    }


def _why() -> dict[str, Any]:
    step = {
        "key": "good", "rule": "Good = counted - taken out.", "inputs": [{"key": "counted", "label": "counted", "value": "128", "unit": "pcs"}],
        "result": "128", "postings": [], "batches": [], "commands": [], "readings": [], "links": [],
    }  # fmt: skip
    return {
        "figure": "good", "name": "WO-1042/10 good", "value": "128", "unit": "pcs", "explained": "128", "rule": "Good = counted.",
        "steps": [step], "next": None,
    }  # fmt: skip
