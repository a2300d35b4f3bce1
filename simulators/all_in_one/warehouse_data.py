"""What the demo's warehouse has in hand: bins, purchase orders, loops of every kind, count sheets; through the API."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from simulators.all_in_one.office import Office

_HERE = Path(__file__).parent


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command."""

    do: Literal["put", "post"]
    path: str
    body: dict[str, Any]
    badge: str | None = None


def warehouse_steps() -> list[Step]:
    """The commands in order."""
    text = (_HERE / "kettle_warehouse_data.yaml").read_text(encoding="utf-8")
    return msgspec.yaml.decode(text, type=list[Step])


def timed(body: object, *, since: datetime) -> Any:
    """The body with hours and days after `since` made times and dates."""
    if isinstance(body, list):
        return [timed(one, since=since) for one in cast(list[object], body)]
    if not isinstance(body, dict):
        return body
    told: dict[str, Any] = {}
    for name, value in cast(dict[str, Any], body).items():
        match name:
            case "due_in_h":
                told["due_at"] = (since + timedelta(hours=value)).isoformat()
            case "expires_in_days":
                told["expires_on"] = (since + timedelta(days=value)).date().isoformat()
            case _:
                told[name] = timed(value, since=since)
    return told


async def send_warehouse(office: Office, *, since: datetime) -> None:
    """Send every command; sent again they book nothing twice."""
    for number, step in enumerate(warehouse_steps()):
        body = json.loads(msgspec.json.encode(timed(step.body, since=since)))
        key = f"warehouse {since} {number}"
        if step.do == "put":
            await office.put(step.path, body, badge=step.badge, key=key)
        else:
            await office.command(step.path, body, badge=step.badge, key=key)
