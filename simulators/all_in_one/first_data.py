"""Sends the demo's master data, opening stock and orders through the server's API; sending it again changes nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from simulators.all_in_one.office import Office

_HERE = Path(__file__).parent


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lot that is there at the start."""

    item: str
    lot: str
    quantity: Decimal
    location: str
    expires_in_days: int | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A work order, released at once."""

    number: str
    item: str
    quantity: Decimal
    equipment: str
    due_in_h: float
    priority: int = 100


class _Main(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    master_data: dict[str, list[dict[str, object]]]
    receipts: list[Receipt]
    work_orders: list[Order]


class _Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    loops: list[dict[str, object]]
    receipts: list[Receipt]
    work_orders: list[Order]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstData:
    """What is sent."""

    master_data: Mapping[str, list[dict[str, object]]]
    receipts: tuple[Receipt, ...]
    work_orders: tuple[Order, ...]


def demo_data() -> FirstData:
    """The demo's data."""
    text = (_HERE / "kettle_master_data.yaml").read_text(encoding="utf-8")
    main = msgspec.yaml.decode(text, type=_Main)
    return FirstData(
        master_data=main.master_data,
        receipts=tuple(main.receipts),
        work_orders=tuple(main.work_orders),
    )


def score_data() -> FirstData:
    """The demo's data with the score run's small stock, loops and orders."""
    text = (_HERE / "kettle_score_data.yaml").read_text(encoding="utf-8")
    score = msgspec.yaml.decode(text, type=_Score)
    return FirstData(
        master_data={**demo_data().master_data, "loops": score.loops},
        receipts=tuple(score.receipts),
        work_orders=tuple(score.work_orders),
    )


async def send(office: Office, data: FirstData, *, since: datetime) -> None:
    """Send everything; times count from `since`, and every command has a key of its own for ever."""
    document = json.loads(msgspec.json.encode(data.master_data))
    # Loops come last: a loop over an empty place calls for material at once, and rightly so.
    await office.put_master_data({**document, "loops": []})
    for receipt in data.receipts:
        body = {
            "item": receipt.item,
            "lot": receipt.lot,
            "quantity": str(receipt.quantity),
            "location": receipt.location,
        }
        if receipt.expires_in_days is not None:
            day = (since + timedelta(days=receipt.expires_in_days)).date()
            body["expires_on"] = day.isoformat()
        await office.command("receipts", body, key=f"receipt {since} {receipt.item} {receipt.lot}")
    await office.put_master_data({"loops": document["loops"]})
    for order in data.work_orders:
        await send_order(office, order, since=since)


async def send_order(
    office: Office, order: Order, *, since: datetime, badge: str | None = None
) -> None:
    """Create one order and release it."""
    body = {
        "number": order.number,
        "item": order.item,
        "quantity": str(order.quantity),
        "equipment": order.equipment,
        "due_at": (since + timedelta(hours=order.due_in_h)).isoformat(),
        "priority": order.priority,
    }
    key = f"order {since} {order.number}"
    await office.command("work-orders", body, badge=badge, key=key)
    await office.command(
        f"work-orders/{order.number}/release", {}, badge=badge, key=f"{key} release"
    )
