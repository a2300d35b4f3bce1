"""The kettle works behind its real API: master data, people with badges, and words for what they do."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from device_profiles.catalog import builtin_plant, load_plant
from gateway.contract.codec import decode, encode
from gateway.contract.fact import AnyFact
from gateway.contract.uplink import IngestReply, IngestRequest
from mes_server.api.app import PREFIX
from mes_server.api.server import Server
from mes_server.compose import Config, running_app
from mes_server.storage import manifest
from mes_server.storage.database import Pool
from tests.storage.small_plant import Outbox

MOULDER = "kettle-works/moulding/M1/IMM1"
ASSEMBLY = "kettle-works/assembly/A1/ASM1"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPERATOR, LEADER, WAREHOUSE, QUALITY, PLANNER = "OP-1", "TL-1", "WH-1", "QA-1", "PL-1"
PLANT = load_plant(builtin_plant("kettle-works"))


def named(text: str) -> dict[str, str]:
    """The same name in both languages."""
    return {"en": text, "zh": f"{text}（中）"}


MASTER_DATA: dict[str, Any] = {
    "items": [
        {"code": "PP-RESIN", "name": named("PP resin"), "unit": "kg", "procurement": "buy"},
        {"code": "CORD", "name": named("Cord set"), "unit": "pcs", "procurement": "buy"},
        {"code": "BODY", "name": named("Kettle body"), "unit": "pcs", "procurement": "make"},
        {"code": "KETTLE", "name": named("Kettle"), "unit": "pcs", "procurement": "make"},
    ],
    "locations": [
        {"code": "WH", "name": named("Warehouse"), "kind": "store"},
        {"code": "M1-LS", "name": named("Moulding line side"), "kind": "line_side"},
        {"code": "A1-LS", "name": named("Assembly line side"), "kind": "line_side"},
        {"code": "P1-LS", "name": named("Packing line side"), "kind": "line_side"},
        {"code": "FG", "name": named("Finished goods"), "kind": "finished"},
    ],
    "bills": [
        {"item": "BODY", "components": [{"item": "PP-RESIN", "quantity": "0.25"}]},
        {
            "item": "KETTLE",
            "components": [{"item": "BODY", "quantity": "1"}, {"item": "CORD", "quantity": "1"}],
        },
    ],
    "loops": [
        {
            "item": "PP-RESIN",
            "location": "M1-LS",
            "source": "WH",
            "reorder_point": "20",
            "order_quantity": "50",
        }
    ],
    "people": [
        {"badge": OPERATOR, "name": "Operator One", "roles": ["operator"]},
        {"badge": LEADER, "name": "Leader One", "roles": ["leader"]},
        {"badge": WAREHOUSE, "name": "Warehouse One", "roles": ["warehouse"]},
        {"badge": QUALITY, "name": "Quality One", "roles": ["quality"]},
        {"badge": PLANNER, "name": "Planner One", "roles": ["planner"]},
    ],
}


class PlantClock:
    """The plant's time stands still until a test moves it; waits are the machine's own."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class KettleWorks:
    """What people and the gateway do, over HTTP."""

    app: FastAPI
    http: httpx.AsyncClient
    clock: PlantClock
    moulding: Outbox = field(default_factory=lambda: Outbox(agent="edge-moulding"))
    assembly: Outbox = field(default_factory=lambda: Outbox(agent="edge-assembly"))

    @property
    def pool(self) -> Pool:
        """The server's own connections."""
        server = self.app.state.server
        assert isinstance(server, Server)
        return server.pool

    def pass_time(self, **time_past: float) -> None:
        """So much plant time goes by."""
        self.clock.at += timedelta(**time_past)

    async def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        by: str | None = LEADER,
        key: uuid.UUID | None = None,
        language: str = "en",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A command by the person with a badge."""
        headers = {
            **(headers or {}),
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(key or uuid.uuid4()),
            "Accept-Language": language,
        }
        if by is not None:
            headers["Lineside-Badge"] = by
        return await self.http.post(f"{PREFIX}/{path}", json=body or {}, headers=headers)

    async def put(
        self, path: str, body: dict[str, Any], *, by: str = LEADER, key: uuid.UUID | None = None
    ) -> httpx.Response:
        """A PUT by the person with a badge."""
        headers = {
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(key or uuid.uuid4()),
            "Lineside-Badge": by,
        }
        return await self.http.put(f"{PREFIX}/{path}", json=body, headers=headers)

    async def do(self, path: str, body: dict[str, Any] | None = None, **how: Any) -> dict[str, Any]:
        """A command that succeeds; its answer."""
        response = await self.post(path, body, **how)
        assert response.is_success, response.text
        return response.json()

    async def refused(
        self, path: str, body: dict[str, Any] | None = None, **how: Any
    ) -> dict[str, Any]:
        """A command that is refused; the problem."""
        response = await self.post(path, body, **how)
        assert response.is_client_error, response.text
        assert response.headers["content-type"] == "application/problem+json"
        return response.json()

    async def get(self, path: str, **parameters: str | int) -> Any:
        """What a screen reads."""
        response = await self.http.get(
            f"{PREFIX}/{path}",
            params=parameters,
            headers={"Authorization": "Bearer for-screens"},
        )
        assert response.is_success, response.text
        return response.json()

    async def order(self, number: str) -> dict[str, Any]:
        """The card of an order's one operation."""
        [card] = await self.get(f"work-orders/{number}")
        return card

    async def receive(
        self, item: str, lot: str, quantity: str, place: str, *, expires: str | None = None
    ) -> None:
        """A lot arrives."""
        body = {"item": item, "lot": lot, "quantity": quantity, "location": place}
        await self.do("receipts", body | {"expires_on": expires}, by=WAREHOUSE)

    async def run_order(
        self, number: str, *, item: str = "BODY", unit: str = MOULDER, quantity: str = "100"
    ) -> None:
        """An order is created, released and started."""
        await self.new_order(number, item=item, unit=unit, quantity=quantity)
        await self.do(f"work-orders/{number}/release", by=PLANNER)
        await self.do(f"work-orders/{number}/start", by=OPERATOR)

    async def new_order(
        self, number: str, *, item: str = "BODY", unit: str = MOULDER, quantity: str = "100"
    ) -> None:
        """An order is created."""
        await self.do(
            "work-orders",
            {
                "number": number,
                "item": item,
                "quantity": quantity,
                "equipment": unit,
                "due_at": (NOON + timedelta(days=1)).isoformat(),
            },
            by=PLANNER,
        )

    async def count(self, pieces: int, *, signal: str = "good", unit: str = MOULDER) -> None:
        """The machine counts, a second later."""
        self.pass_time(seconds=1)
        box = self.moulding if unit == MOULDER else self.assembly
        await self.send(box, box.count(unit, signal, pieces, at=self.clock.at))

    async def send(self, box: Outbox, *facts: AnyFact) -> IngestReply:
        """The gateway brings facts of an agent."""
        request = IngestRequest(gateway="gateway-1", sources=[box.batch(*facts)])
        response = await self.http.post(
            f"{PREFIX}/ingest/facts",
            content=encode(request),
            headers={"Authorization": "Bearer for-the-gateway"},
        )
        assert response.status_code == httpx.codes.OK, response.text
        return decode(response.content, IngestReply)

    async def on_hand(self, item: str, place: str) -> Decimal:
        """What lies there, all lots together."""
        lines = await self.get("stock", item=item, location=place)
        return sum((Decimal(line["quantity"]) for line in lines), start=Decimal(0))

    async def check_ledger(self) -> None:
        """Every balance is the sum of its postings, no real place is below zero or over-reserved, and what is reserved
        is what orders, calls and shipments claim."""
        async with self.pool.connection() as connection:
            wrong = await (
                await connection.execute(
                    "with posted as ("
                    " select item_id, lot_id, to_id as place, quantity from movement"
                    " union all select item_id, lot_id, from_id, -quantity from movement),"
                    " summed as (select item_id, lot_id, place, sum(quantity) as total from posted"
                    " group by item_id, lot_id, place)"
                    " select * from summed full join balance b on b.item_id = summed.item_id"
                    " and b.lot_id = summed.lot_id and b.location_id = summed.place"
                    " where coalesce(summed.total, 0) <> coalesce(b.quantity, 0)"
                    " or (b.physical and (b.quantity < 0 or b.reserved > b.quantity))"
                )
            ).fetchall()
            assert set((await manifest.invariants(connection)).values()) == {0}
        assert wrong == []


@asynccontextmanager
async def kettle_works(database_url: str) -> AsyncGenerator[KettleWorks]:
    """A running server on a database of its own, with its master data."""
    config = Config(
        host="127.0.0.1",
        port=0,
        plant=PLANT,
        database_url=database_url,
        data_directory=Path(),
        gateway_token="for-the-gateway",
        hmi_token="for-screens",
        admin_token="for-administrators",
    )
    clock = PlantClock()
    async with running_app(config, clock, database_url=database_url) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mes") as http:
            answer = await http.put(
                f"{PREFIX}/master-data",
                json=MASTER_DATA,
                headers={"Authorization": "Bearer for-administrators"},
            )
            assert answer.is_success, answer.text
            yield KettleWorks(app=app, http=http, clock=clock)
