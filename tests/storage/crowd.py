"""Many clients at once, what they met, and what people do with stock: claims, places, supply, orders."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.contract.codec import decode
from gateway.contract.uplink import IngestReply
from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    MASTER_DATA,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    QUALITY,
    WAREHOUSE,
)

RETRIES_MAX = 20
ORDERS = [f"WO-{number}" for number in range(1, 6)]
LOTS = [f"R{number}" for number in range(1, 5)]
UNRELATED = [f"SCREW-{number}" for number in range(1, 11)]
BOXES = [f"BOX-{number}" for number in range(1, 5)]
LINE = {"item": "CORD", "location": "A1-LS"}
REFUSED = {httpx.codes.NOT_FOUND, httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY}
"""What people meet when somebody else was faster."""


@dataclass
class Crowd:
    """The clients, and what they met."""

    http: httpx.AsyncClient
    outcomes: Counter[str] = field(default_factory=Counter[str])
    retries: int = 0

    async def command(
        self,
        path: str,
        body: dict[str, Any],
        *,
        by: str = LEADER,
        put: bool = False,
        said: str = "",
    ) -> Any:
        """A command under one key, repeated while the server is busy; its answer, or None when it was refused."""
        headers = {
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(uuid.uuid4()),
            "Lineside-Badge": by,
        }
        for _ in range(RETRIES_MAX):
            method = "PUT" if put else "POST"
            response = await self.http.request(method, path, json=body, headers=headers)
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.retries += 1
                continue
            answer = response.json()
            if response.is_success:
                self.outcomes[said or path.rsplit("/", 1)[-1]] += 1
                return answer
            assert response.status_code in REFUSED or answer["type"] == "own-count", answer
            self.outcomes[answer["type"]] += 1
            return None
        raise AssertionError(f"{path} found the server busy {RETRIES_MAX} times")

    async def read(self, path: str, **parameters: str | int) -> Any:
        """What a screen reads."""
        headers = {"Authorization": "Bearer for-screens"}
        response = await self.http.get(path, params=parameters, headers=headers)
        assert response.is_success, response.text
        return response.json()

    async def bring(self, facts: bytes) -> IngestReply:
        """A batch of the gateway, repeated while the server is busy."""
        headers = {"Authorization": "Bearer for-the-gateway"}
        for _ in range(RETRIES_MAX):
            response = await self.http.post("ingest/facts", content=facts, headers=headers)
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.retries += 1
                continue
            assert response.is_success, response.text
            return decode(response.content, IngestReply)
        raise AssertionError(f"the gateway found the server busy {RETRIES_MAX} times")


async def prepare(crowd: Crowd) -> None:
    """Orders that all use the same item; a little of it, much of unrelated items."""
    items = [
        {"code": code, "name": {"en": code, "zh": code}, "unit": "pcs", "procurement": "buy"}
        for code in UNRELATED
    ]
    document = MASTER_DATA | {"items": MASTER_DATA["items"] + items}
    answer = await crowd.http.put(
        "master-data", json=document, headers={"Authorization": "Bearer for-administrators"}
    )
    assert answer.is_success, answer.text
    for lot in LOTS:
        for place in ("WH", "M1-LS"):
            body = {"item": "PP-RESIN", "lot": lot, "quantity": "25", "location": place}
            assert await crowd.command("receipts", body, by=WAREHOUSE)
    for item in UNRELATED:
        body = {"item": item, "lot": "S1", "quantity": "1000", "location": "WH"}
        assert await crowd.command("receipts", body, by=WAREHOUSE)
    for place in ("WH", "A1-LS"):
        body = {"item": "CORD", "lot": "C1", "quantity": "300", "location": place}
        assert await crowd.command("receipts", body, by=WAREHOUSE)
    for number in ORDERS:
        order = {
            "number": number, "item": "BODY", "quantity": "100", "equipment": MOULDER,
            "due_at": NOON.isoformat(),
        }  # fmt: skip
        assert await crowd.command("work-orders", order, by=PLANNER)
        assert await crowd.command(f"work-orders/{number}/release", {}, by=PLANNER)
    await furnish(crowd)


async def furnish(crowd: Crowd) -> None:
    """What commands are about: a shelf, a truck, boxes, cards, a list to count by, something on order."""
    for code, kind in (("SHELF", "bin"), ("TRUCK", "in_transit")):
        place = {"name": {"en": code, "zh": code}, "kind": kind, "parent": "WH"}
        assert await crowd.command(f"locations/{code}", place, put=True)
    for code in BOXES:
        box = {"code": code, "kind": "bin", "location": "WH"}
        assert await crowd.command("containers", box, by=WAREHOUSE)
    loop = {**LINE, "source": "WH", "method": "kanban", "order_quantity": "5"}
    assert await crowd.command("replenishment-loops", loop, by=PLANNER, put=True)
    assert await crowd.command("kanban-cards", {**LINE, "count": 20}, by=WAREHOUSE, put=True)
    assert await crowd.command("counts", {"location": "WH"}, by=WAREHOUSE)
    supplier = {"code": "S1", "name": {"en": "S1", "zh": "S1"}}
    assert await crowd.command("suppliers", supplier, by=PLANNER, put=True)
    store = {
        "item": "PP-RESIN", "location": "WH", "kind": "purchase", "supplier": "S1", "method": "min_max",
        "reorder_point": "60", "max_quantity": "90", "order_quantity": "1",
    }  # fmt: skip
    assert await crowd.command("replenishment-loops", store, by=PLANNER, put=True)
    line = {"item": "PP-RESIN", "location": "WH", "quantity": "9000", "due_at": NOON.isoformat()}
    order = {"number": "PO-1", "supplier": "S1", "lines": [line]}
    assert await crowd.command("purchase-orders", order, by=PLANNER)


async def with_claims(crowd: Crowd, dice: random.Random) -> None:
    """Claim, take, bring back, for one of the orders."""
    order = f"work-orders/{dice.choice(ORDERS)}"
    lot = {} if dice.random() < 0.5 else {"lot": dice.choice(LOTS)}
    resin: dict[str, Any] = {"item": "PP-RESIN", "quantity": str(dice.randint(1, 8))}
    match dice.randrange(5):
        case 0 | 1:
            answer = await crowd.command(f"{order}/reservations", resin | lot)
            if answer is not None and dice.random() < 0.3:
                claim = answer["reservations"][0]
                await crowd.command(
                    f"{order}/reservations/{claim['id']}/release", {}, said="unreserve"
                )
        case 2 | 3:
            why = {"override_reason": "the crowd wants it"}
            await crowd.command(f"{order}/issues", resin | lot | why)
        case _:
            back = {"lot": dice.choice(LOTS), "reason": "too much"}
            await crowd.command(f"{order}/returns", resin | back)


async def with_places(crowd: Crowd, dice: random.Random) -> None:
    """Move, put away, adjust, count, pack, ship, mount."""
    lot: dict[str, Any] = {"item": "PP-RESIN", "lot": dice.choice(LOTS)}
    some = lot | {"quantity": str(dice.randint(1, 5))}
    box = dice.choice(BOXES)
    ends = dice.sample(["WH", "M1-LS", "SHELF"], 2)
    match dice.randrange(10):
        case 0:
            await crowd.command(
                "transfers", some | {"from_location": ends[0], "to_location": ends[1]}
            )
        case 1:
            await crowd.command("put-aways", some | {"from_location": "WH", "to_location": "SHELF"})
        case 2:
            found = {"location": ends[0], "quantity": dice.choice(["1", "-1"]), "reason": "seen"}
            await crowd.command("adjustments", lot | found)
        case 3:
            counted = some | {"location": "WH"}
            await crowd.command("counts/1/entries", counted, by=dice.choice([LEADER, OPERATOR]))
        case 4:
            await crowd.command(f"containers/{box}/{dice.choice(['pack', 'unpack'])}", some)
        case 5:
            await crowd.command(
                f"containers/{box}/move", {"to_location": dice.choice(["WH", "SHELF"])}
            )
        case 6:
            way = {"from_location": "WH", "to_location": "M1-LS", "transit_location": "TRUCK"}
            sent = await crowd.command("shipments", some | way)
            if sent is not None:
                step = dice.choice(["receive", "turn-back"])
                await crowd.command(f"shipments/{sent['id']}/{step}", {"reason": "there"})
        case 7:
            await crowd.command(f"units/{MOULDER}/mount", {"barcode": lot["lot"]}, by=OPERATOR)
        case 8:
            await crowd.command(f"units/{MOULDER}/unmount", lot, by=OPERATOR)
        case _:
            move = {
                "item": dice.choice(UNRELATED), "lot": "S1", "quantity": "1", "from_location": "WH",
                "to_location": "A1-LS",
            }  # fmt: skip
            assert await crowd.command("transfers", move) is not None


async def with_supply(crowd: Crowd, dice: random.Random) -> None:
    """Scan cards, take calls further, firm proposals, receive goods."""
    match dice.randrange(8):
        case 0 | 1:
            cards = await crowd.read("kanban-cards", **LINE)
            card = dice.choice(cards)["code"]
            await crowd.command(f"kanban-cards/{card}/scan", {"state": "empty"}, by=OPERATOR)
        case 2 | 3 | 4:
            for state, steps in (
                ("picked", ["deliver", "deliver", "cancel"]),
                ("raised", ["accept", "pick", "pick", "cancel"]),
            ):
                for call in await crowd.read("replenishments", state=state, limit=3):
                    step = dice.choice(steps)
                    path = f"replenishments/{call['number']}/{step}"
                    body = {"reason": "the crowd changed its mind"} if step == "cancel" else {}
                    done = await crowd.command(path, body, by=WAREHOUSE)
                    if done and step == "pick":
                        path = f"replenishments/{call['number']}/deliver"
                        await crowd.command(path, {}, by=WAREHOUSE)
        case 5:
            came = {"lot": dice.choice(LOTS), "quantity": str(dice.randint(1, 3))}
            path = "purchase-orders/PO-1/lines/1/receive"
            await crowd.command(path, came, by=WAREHOUSE, said="purchase-receipt")
        case 6:
            for proposal in await crowd.read("proposals", state="proposed"):
                path = f"proposals/{proposal['id']}/{dice.choice(['firm', 'firm', 'reject'])}"
                body = {"reason": "seen"} | ({"number": "PO-1"} if path.endswith("firm") else {})
                await crowd.command(path, body, by=PLANNER)
        case _:
            loop = {**LINE, "source": "WH", "method": "kanban", "order_quantity": "5"}
            await crowd.command("replenishment-loops", loop, by=PLANNER, put=True)


async def with_orders(crowd: Crowd, dice: random.Random, number: str) -> None:
    """Plan, start and complete an order; pause one that runs; scrap, hold a lot, take a movement back."""
    match dice.randrange(6):
        case 0:
            order = {
                "number": number, "item": "KETTLE", "quantity": "5", "equipment": ASSEMBLY,
                "due_at": NOON.isoformat(),
            }  # fmt: skip
            assert await crowd.command("work-orders", order, by=PLANNER)
            await crowd.command(f"work-orders/{number}/release", {}, by=PLANNER)
            if await crowd.command(f"work-orders/{number}/start", {}):
                why = {"reason": "the crowd wants another one"}
                assert await crowd.command(f"work-orders/{number}/complete", why)
        case 1 | 2:
            await crowd.command(f"work-orders/WO-1/{dice.choice(['pause', 'resume'])}", {})
        case 3:
            scrap = {"quantity": "1", "reason": "flash"}
            await crowd.command("work-orders/WO-1/scrap", scrap, by=OPERATOR)
        case 4:
            lot = f"lots/PP-RESIN/{dice.choice(LOTS)}"
            if await crowd.command(f"{lot}/hold", {"reason": "specks"}, by=QUALITY):
                assert await crowd.command(f"{lot}/release", {"reason": "dust"}, by=QUALITY)
        case _:
            moves = await crowd.read("movements", item="PP-RESIN", limit=20)
            if moves:
                path = f"movements/{dice.choice(moves)['id']}/reverse"
                await crowd.command(path, {"reason": "wrong lot"}, by=WAREHOUSE)
